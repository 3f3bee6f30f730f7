// SPDX-License-Identifier: GPL-2.0-only
/* Services as a value: from a source other than the file, into a configuration, and in force. */
#include "ctl/base/cleanup.h"
#include "ctl/config/services.h"
#include "tests/unit/fake_dataplane.h"

static struct config_service service(const char *name, uint16_t port)
{
	struct config_service made = config_service_defaults;

	snprintf(made.name, sizeof(made.name), "%s", name);
	made.ports[0] = (struct config_port){port, IPPROTO_TCP};
	made.port_count = 1;
	return made;
}

/* A list of one service with these nodes, and one that every node serves. */
static const struct service_list *list_of(struct config_backend *backends, size_t count)
{
	struct service_list *list = service_list_new();
	struct config_service some = service("some", 8080), all = service("all", 8081);

	assert_non_null(list);
	some.backends = backends;
	some.backend_count = count;
	assert_int_equal(service_list_add(list, &some), 0);
	assert_int_equal(service_list_add(list, &all), 0);
	return list;
}

static void names_become_indices_of_each_configuration(void **state)
{
	struct config_backend backends[] = {{.node = "n3", .weight = 7},
					    {.node = "n1", .weight = 1}};
	const struct service_list *list = list_of(backends, 2);
	const struct config *four = parsed("n1", HEAD PEERS WEB);
	const struct config *three = parsed("n1", HEAD "peers: [" N3 ", " N2 ", " N1 "]\n");
	const struct config *a = NULL, *b = NULL;

	(void)state;
	assert_int_equal(config_with_services(four, list, "list", stderr, &a), 0);
	assert_int_equal(config_with_services(three, list, "list", stderr, &b), 0);
	service_list_unref(list);
	assert_int_equal(a->service_count, 2);
	assert_int_equal(a->services[0].backends[0].peer, 2);
	assert_int_equal(a->services[0].backends[0].weight, 7);
	assert_int_equal(b->services[0].backends[0].peer, 0);
	assert_int_equal(a->services[1].backend_count, 4);
	assert_int_equal(b->services[1].backend_count, 3);
	assert_string_equal(b->services[1].backends[2].node, "n1");
	/* What a source does not say follows from the rest, as in a file. */
	assert_int_equal(a->services[0].check.port, 80);
	assert_int_equal(a->services[0].check.timeout, NS_PER_S);
	config_unref(a), config_unref(b), config_unref(four), config_unref(three);
}

static void all_but_the_services_is_shared(void **state)
{
	struct config_backend backends[] = {{.node = "n2", .weight = 1}};
	const struct service_list *list = list_of(backends, 1);
	const struct config *base = parsed("n1", HEAD PEERS WEB);
	const struct config *first = NULL, *second = NULL;

	(void)state;
	assert_int_equal(config_with_services(base, list, "list", stderr, &first), 0);
	config_unref(base);
	/* The one in between is not kept alive by the next one. */
	assert_int_equal(config_with_services(first, first->service_list, "list", stderr, &second),
			 0);
	assert_ptr_equal(second->peers, first->peers);
	assert_ptr_equal(second->base, first->base);
	config_unref(first);
	service_list_unref(list);
	assert_string_equal(second->peers[3].name, "n4");
	assert_string_equal(second->services[0].name, "some");
	assert_int_equal(second->services[0].backends[0].peer, 1);
	config_unref(second);
}

static void assert_refused(const struct service_list *list, const char *reason)
{
	const struct config *base = parsed("n1", HEAD PEERS WEB), *config = NULL;
	char *report CLEANUP(cleanup_free) = NULL;
	size_t size;
	FILE *stream = open_memstream(&report, &size);

	assert_int_equal(config_with_services(base, list, "list", stream, &config), -EINVAL);
	fclose(stream);
	assert_string_equal(report, reason);
	assert_null(config);
	service_list_unref(list);
	config_unref(base);
}

static void lists_are_validated(void **state)
{
	struct config_backend stranger[] = {{.node = "n9", .weight = 1}};
	struct config_backend twice[] = {{.node = "n2", .weight = 1}, {.node = "n2", .weight = 1}};
	struct config_service same = service("same", 80), empty = config_service_defaults;
	struct service_list *list = service_list_new();

	(void)state;
	assert_refused(list_of(stranger, 1), "list: services[0].backends[0]: \"n9\" is not one of "
					     "the peers n1, n2, n3, n4\n");
	assert_refused(list_of(twice, 2), "list: services[0].backends[1]: n2 is already "
					  "services[0].backends[0]\n");
	assert_int_equal(service_list_add(list, &same), 0);
	assert_int_equal(service_list_add(list, &same), 0);
	assert_refused(list, "list: services[1].name: same is already services[0].name\n"
			     "list: services[1].ports[0]: 80/tcp of 10.77.0.101 is already "
			     "services[0].ports[0]\n");
	list = service_list_new();
	empty.all_vips = false;
	assert_int_equal(service_list_add(list, &empty), 0);
	assert_refused(list, "list: services[0].name: missing\n"
			     "list: services[0].ports: missing\n"
			     "list: services[0].vips: missing\n");
}

/* The way of any other configuration: prepared, then committed. */
static void a_source_takes_effect(void **state)
{
	struct config_backend backends[] = {{.node = "n2", .weight = 1},
					    {.node = "n4", .weight = 1}};
	const struct service_list *list = list_of(backends, 2);
	const struct config *config = NULL;
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", HEAD PEERS WEB);
	assert_int_equal(config_with_services(node.config, list, "list", stderr, &config), 0);
	service_list_unref(list);
	assert_int_equal(fake_node_follow(&node, config), 0);
	config_unref(config);
	assert_int_equal(steering_view(node.steering, "some", &view), 0);
	assert_int_equal(view.backend_count, 2);
	assert_int_equal(view.backends[1].peer, 3);
	fake_node_close(&node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_indices_of_each_configuration),
		cmocka_unit_test(all_but_the_services_is_shared),
		cmocka_unit_test(lists_are_validated),
		cmocka_unit_test(a_source_takes_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
