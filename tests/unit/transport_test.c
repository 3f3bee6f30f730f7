// SPDX-License-Identifier: GPL-2.0-only
/* To whom an advertisement goes, and by how many system calls, which are this test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/vrrp/transport.h"

#define IPV4_HEADER 20
#define MESSAGE     12
#define PEERS       3

static struct transport transport;
static uint8_t message[MESSAGE];

/* The kernel. */

static struct {
	size_t calls, packets, raw;
	size_t fails_at; /* the packet of this number, from 1 */
	uint8_t last[IPV4_HEADER + MESSAGE];
	uint8_t last_mac[6];
} kernel;

int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	(void)fd;
	(void)flags;
	kernel.calls++;
	for (unsigned int i = 0; i < count; i++) {
		const struct msghdr *header = &messages[i].msg_hdr;
		const struct sockaddr_ll *to = header->msg_name;
		size_t length = 0;

		if (kernel.packets + 1 == kernel.fails_at) {
			if (i > 0)
				return (int)i; /* the next call tells why */
			kernel.fails_at = 0;
			errno = ENOBUFS;
			return -1;
		}
		for (size_t part = 0; part < header->msg_iovlen; part++) {
			assert_true(length + header->msg_iov[part].iov_len <= sizeof(kernel.last));
			memcpy(kernel.last + length, header->msg_iov[part].iov_base,
			       header->msg_iov[part].iov_len);
			length += header->msg_iov[part].iov_len;
		}
		assert_int_equal(length, sizeof(kernel.last));
		memcpy(kernel.last_mac, to->sll_addr, sizeof(kernel.last_mac));
		kernel.packets++;
	}
	return (int)count;
}

ssize_t sendto(int fd, const void *bytes, size_t length, int flags, const struct sockaddr *to,
	       socklen_t to_length)
{
	(void)fd;
	(void)bytes;
	(void)flags;
	(void)to;
	(void)to_length;
	kernel.raw++;
	return (ssize_t)length;
}

static struct transport_destination *peer(size_t index)
{
	return &transport.ipv4.destinations[index];
}

static void know_mac(size_t index)
{
	transport_set_mac(&transport, &peer(index)->address,
			  (uint8_t[]){2, 0, 0, 0, 0, (uint8_t)index});
}

static struct delivery send_one(void)
{
	struct delivery delivery;

	transport_queue(&transport, FAMILY_IPV4, message, sizeof(message), 0, &delivery);
	transport_flush(&transport);
	return delivery;
}

static int set_up(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	memset(message, 0xa5, sizeof(message));
	message[0] = 0x31;
	transport_init(&transport);
	transport.batch = calloc(1, sizeof(*transport.batch));
	assert_non_null(transport.batch);
	address_parse("10.77.0.11", &transport.ipv4.source);
	transport.ipv4.destination_count = PEERS;
	for (size_t i = 0; i < PEERS; i++) {
		address_parse("10.77.0.12", &peer(i)->address);
		peer(i)->address.bytes[15] = (uint8_t)(12 + i);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	transport_close(&transport, NULL);
	return 0;
}

static void all_peers_by_one_call(void **state)
{
	struct delivery delivery;

	(void)state;
	for (size_t i = 0; i < PEERS; i++)
		know_mac(i);
	delivery = send_one();
	assert_int_equal(kernel.calls, 1);
	assert_int_equal(kernel.packets, PEERS);
	assert_int_equal(delivery.sent, PEERS);
	assert_int_equal(kernel.last_mac[5], PEERS - 1);
	assert_int_equal(kernel.last[19], 12 + PEERS - 1);                  /* the IP destination */
	assert_memory_equal(kernel.last + IPV4_HEADER, message, 6);         /* to the checksum */
	assert_memory_equal(kernel.last + IPV4_HEADER + 8, message + 8, 4); /* and behind it */
}

static void more_than_a_batch_is_sent_all_the_same(void **state)
{
	struct delivery deliveries[BATCH_MAX];

	(void)state;
	for (size_t i = 0; i < PEERS; i++)
		know_mac(i);
	for (size_t i = 0; i < BATCH_MAX; i++)
		transport_queue(&transport, FAMILY_IPV4, message, sizeof(message), 0,
				&deliveries[i]);
	transport_flush(&transport);
	assert_int_equal(kernel.calls, PEERS);
	assert_int_equal(kernel.packets, PEERS * BATCH_MAX);
	for (size_t i = 0; i < BATCH_MAX; i++)
		assert_int_equal(deliveries[i].sent, PEERS);
}

static void one_failure_does_not_hold_up_the_others(void **state)
{
	struct delivery delivery;

	(void)state;
	for (size_t i = 0; i < PEERS; i++)
		know_mac(i);
	kernel.fails_at = 2;
	delivery = send_one();
	assert_int_equal(delivery.sent, PEERS - 1);
	assert_int_equal(delivery.failure, -ENOBUFS);
	assert_int_equal(delivery_error(&delivery), 0);
}

static void what_nobody_can_have_heard_has_failed(void **state)
{
	struct delivery delivery;

	(void)state;
	transport.ipv4.destination_count = 1;
	know_mac(0);
	kernel.fails_at = 1;
	delivery = send_one();
	assert_int_equal(delivery_error(&delivery), -ENOBUFS);
}

/* Not before it had time to answer. */
static void who_was_never_there_is_looked_for_once_a_second(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		send_one();
	assert_int_equal(kernel.raw, 10 * PEERS);
	for (size_t i = 0; i < PEERS; i++)
		peer(i)->asked_since -= NS_PER_S;
	for (int i = 0; i < 10; i++)
		send_one();
	assert_int_equal(kernel.raw, 11 * PEERS);
}

static void who_was_heard_is_never_held_back(void **state)
{
	(void)state;
	send_one();
	for (size_t i = 0; i < PEERS; i++)
		peer(i)->asked_since -= NS_PER_S;
	send_one();
	transport_note_heard(&transport, &peer(1)->address);
	know_mac(2);
	kernel.raw = kernel.packets = 0;
	for (int i = 0; i < 10; i++)
		send_one();
	assert_int_equal(kernel.raw, 10);
	assert_int_equal(kernel.packets, 10);
}

/* As after a machine is switched off: known once, and silent by now. */
static void who_has_gone_is_looked_for_once_a_second(void **state)
{
	(void)state;
	for (size_t i = 0; i < PEERS; i++) {
		know_mac(i);
		transport_note_heard(&transport, &peer(i)->address);
		transport_set_silent(&transport, &peer(i)->address, true);
		transport_set_mac(&transport, &peer(i)->address, NULL);
	}
	for (int i = 0; i < 10; i++)
		send_one();
	assert_int_equal(kernel.packets, 10 * PEERS); /* it may be back in a moment */
	for (size_t i = 0; i < PEERS; i++)
		peer(i)->lost_at -= 10 * NS_PER_S;
	for (int i = 0; i < 10; i++)
		send_one();
	assert_int_equal(kernel.packets, 11 * PEERS);

	transport_set_silent(&transport, &peer(0)->address, false);
	know_mac(1);
	for (int i = 0; i < 10; i++)
		send_one();
	assert_int_equal(kernel.packets, 11 * PEERS + 2 * 10);
}

/* It may hear us though we do not hear it, and then it must not take us for dead. */
static void who_is_only_silent_is_never_held_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < PEERS; i++) {
		know_mac(i);
		transport_set_silent(&transport, &peer(i)->address, true);
	}
	for (int i = 0; i < 10; i++)
		send_one();
	assert_int_equal(kernel.packets, 10 * PEERS);
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(all_peers_by_one_call),
		test(more_than_a_batch_is_sent_all_the_same),
		test(one_failure_does_not_hold_up_the_others),
		test(what_nobody_can_have_heard_has_failed),
		test(who_was_never_there_is_looked_for_once_a_second),
		test(who_was_heard_is_never_held_back),
		test(who_has_gone_is_looked_for_once_a_second),
		test(who_is_only_silent_is_never_held_back),
	};

	return cmocka_run_group_tests_name("transport", tests, NULL, NULL);
}
