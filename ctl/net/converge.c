// SPDX-License-Identifier: GPL-2.0-only
/*
 * From what the host has to what it should have. An item is in the journal before it is made and
 * until it is removed; what is on the host but not in the journal is somebody else's.
 */
#include <errno.h>

#include "ctl/base/log.h"
#include "ctl/net/internal.h"

static const struct kind_methods {
	int (*survey)(struct net *net, struct survey *survey);
	int (*make)(struct net *net, const struct item *item);
	int (*remove)(struct net *net, const struct item *item);
	const char *name;
} kinds[] = {
	[ITEM_OFFLOAD] = {offloads_survey, offloads_make, offloads_remove, "offload settings"},
	[ITEM_SYSCTL] = {sysctls_survey, sysctls_make, sysctls_remove, "sysctls"},
	[ITEM_ROUTE] = {routes_survey, routes_make, routes_remove, "routes"},
	[ITEM_RULE] = {rules_survey, rules_make, rules_remove, "routing rules"},
	[ITEM_ADDRESS] = {addresses_survey, addresses_make, addresses_remove, "addresses"},
};

static int survey_kind(struct net *net, enum item_kind kind, struct survey *survey)
{
	int error = kinds[kind].survey(net, survey);

	if (error < 0)
		return log_failure(error, "cannot read the kernel's %s", kinds[kind].name);
	return 0;
}

static int survey_finish(struct survey *survey)
{
	int error = item_list_sort(&survey->wanted);

	if (error == 0)
		error = item_list_sort(&survey->present);
	return error < 0 ? log_failure(error, "cannot compare the kernel's state") : 0;
}

static void survey_free(struct survey *survey)
{
	item_list_free(&survey->wanted);
	item_list_free(&survey->present);
}

/* Return: what an operator can do about a failure to make an item. */
static const char *advice(const struct item *item, int error)
{
	if (item->kind == ITEM_OFFLOAD)
		return "; XDP cannot see VLAN tags behind it: use a NIC and driver that can turn "
		       "it off";
	if (item->kind == ITEM_SYSCTL && error == -EROFS)
		return "; /proc/sys is mounted read-only: run vipd where it is writable";
	if (item->kind == ITEM_ROUTE && error == -EEXIST)
		return "; somebody else's route to there is in the table: choose another "
		       "routing_table";
	if (error == -EPERM)
		return "; vipd needs CAP_NET_ADMIN";
	return "";
}

static int report(const struct net *net, const struct item *item, int error, const char *verb,
		  const char *what_to_do)
{
	char text[ITEM_TEXT_MAX];

	return log_failure(error, "cannot %s %s%s%s%s%s", verb, item_format(item, text),
			   net->netlink.reason[0] ? " (" : "", net->netlink.reason,
			   net->netlink.reason[0] ? ")" : "", what_to_do);
}

static int make_item(struct net *net, const struct item *item)
{
	bool ours = journal_contains(net->journal, item);
	int error = journal_add(net->journal, item);

	if (error < 0)
		return error;
	net->netlink.reason[0] = '\0';
	error = kinds[item->kind].make(net, item);
	if (error == 0)
		return 0;

	if (!ours)
		journal_remove(net->journal, item);
	/* Somebody was faster, which is as good; but their route leads elsewhere. */
	if (error == -EEXIST && item->kind != ITEM_ROUTE)
		return 0;
	return report(net, item, error, "set", advice(item, error));
}

static int make_missing(struct net *net, const struct survey *survey, struct item_list *made)
{
	for (size_t i = 0; i < survey->wanted.count; i++) {
		const struct item *item = &survey->wanted.items[i];
		int error;

		if (item_list_contains(&survey->present, item))
			continue;
		error = make_item(net, item);
		if (error < 0)
			return error;
		if (made)
			item_list_add(made, item);
	}
	return 0;
}

/* The kernel takes no second route to a destination with the same metric, so the old one must go
 * before the new one comes. Everything else is made before the old is removed, so that no packet
 * meets a gap. */
static bool is_in_the_way(const struct item *item)
{
	return item->kind == ITEM_ROUTE && item->metric == 0;
}

static bool replaces(const struct item *new, const struct item *old)
{
	return new->kind == ITEM_ROUTE &&is_in_the_way(old) &&
	       old->table == new->table &&prefix_compare(&old->prefix, &new->prefix) == 0 &&
	       item_compare(old, new) != 0;
}

/* Return: whether something of ours must go before this item can be made as it is to be. */
static bool must_wait(const struct net *net, const struct item *item)
{
	for (size_t i = 0; i < journal_count(net->journal); i++)
		if (replaces(item, journal_item(net->journal, i)))
			return true;
	return false;
}

static int add_item(struct net *net, struct item item, const struct survey *survey,
		    struct item_list *added)
{
	int error;

	if (item_list_contains(&survey->present, &item))
		return 0;
	if (must_wait(net, &item))
		item.metric = STANDBY_METRIC;
	if (item_list_contains(&survey->present, &item))
		return 0;
	if (!journal_contains(net->journal, &item))
		item_list_add(added, &item);
	error = added->failed ? log_failure(-ENOMEM, "cannot prepare the host's network") : 0;
	return error < 0 ? error : make_item(net, &item);
}

static int add_missing(struct net *net, const struct survey *survey, struct item_list *added)
{
	int error = 0;

	for (size_t i = 0; i < survey->wanted.count && error == 0; i++)
		error = add_item(net, survey->wanted.items[i], survey, added);
	return error;
}

static int remove_item(struct net *net, struct item item)
{
	int error;

	net->netlink.reason[0] = '\0';
	error = kinds[item.kind].remove(net, &item);
	if (error < 0)
		return report(net, &item, error, "take back", "");
	journal_remove(net->journal, &item);
	return 0;
}

/* Write removals down, also after an error. Return: the first error. */
static int save(struct net *net, int error)
{
	int save_error = journal_save(net->journal);

	return error < 0 ? error : save_error;
}

/* The newest goes first, and a failure stops nothing. Return: the first error. */
static int remove_unwanted(struct net *net, const struct item_list *wanted,
			   bool (*which)(const struct item *item))
{
	int first_error = 0;

	for (size_t i = journal_count(net->journal); i-- > 0;) {
		const struct item *item = journal_item(net->journal, i);
		int error;

		if (!which(item) || item_list_contains(wanted, item))
			continue;
		error = remove_item(net, *item);
		if (first_error == 0)
			first_error = error;
	}
	return first_error;
}

static bool is_any(const struct item *item)
{
	(void)item;
	return true;
}

static int survey_all(struct net *net, struct survey *survey)
{
	int error = 0;

	for (enum item_kind kind = ITEM_OFFLOAD; kind <= ITEM_ADDRESS && error == 0; kind++)
		error = survey_kind(net, kind, survey);
	return error < 0 ? error : survey_finish(survey);
}

static int converge_to(struct net *net, const struct survey *survey, struct item_list *made)
{
	int error = remove_unwanted(net, &survey->wanted, is_in_the_way);

	if (error == 0)
		error = make_missing(net, survey, made);
	if (error < 0)
		return error;
	return remove_unwanted(net, &survey->wanted, is_any);
}

int converge(struct net *net, const struct config *config, const struct net_link *link,
	     struct item_list *made)
{
	struct survey survey = {.config = config, .link = link};
	int error = survey_all(net, &survey);

	if (error == 0)
		error = converge_to(net, &survey, made);
	survey_free(&survey);
	return save(net, error);
}

int converge_add(struct net *net, const struct config *config, const struct net_link *link,
		 struct item_list *added)
{
	struct survey survey = {.config = config, .link = link};
	int error = survey_all(net, &survey);

	if (error == 0)
		error = add_missing(net, &survey, added);
	survey_free(&survey);
	return save(net, error);
}

int converge_take_back(struct net *net, const struct item_list *added)
{
	int first_error = 0;

	for (size_t i = added->count; i-- > 0;) {
		int error = 0;

		if (journal_contains(net->journal, &added->items[i]))
			error = remove_item(net, added->items[i]);
		if (first_error == 0)
			first_error = error;
	}
	return save(net, first_error);
}

int converge_undo(struct net *net)
{
	static const struct item_list nothing;

	return save(net, remove_unwanted(net, &nothing, is_any));
}
