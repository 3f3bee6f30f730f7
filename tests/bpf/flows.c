// SPDX-License-Identifier: GPL-2.0-only
#include "tests/bpf/flows.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>

#include "ctl/base/address.h"
#include "tests/bpf/harness.h"

#define PAYLOAD_LENGTH    32
#define ICMP_LENGTH       8
#define ICMP_CHECKSUM     2
#define IPV4_LENGTH       20
#define IPV6_LENGTH       40
#define LAST_ICMPV6_ERROR 127 /* RFC 4443 section 2.1 */

struct flow flow_of(uint8_t protocol, const char *client, uint16_t client_port, const char *vip,
		    uint16_t vip_port)
{
	struct flow flow = {
		.client_port = htons(client_port),
		.vip_port = htons(vip_port),
		.protocol = protocol,
	};
	int result = address_parse(client, &flow.client) | address_parse(vip, &flow.vip);

	assert(result == 0);
	(void)result;
	return flow;
}

/* Ethernet and IP headers; whichever side of the flow it comes from. */
static void begin(struct frame *frame, const struct ip_address *source,
		  const struct ip_address *destination, uint8_t protocol)
{
	char from[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX];
	bool ipv6 = address_family(destination) == FAMILY_IPV6;

	frame_ethernet(frame, OUR_MAC, GATEWAY_MAC, ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	frame_ip(frame, address_format(source, from), address_format(destination, to), protocol);
	frame_set_ttl(frame, 64);
}

static void add_payload(struct frame *frame, size_t length)
{
	memset(frame_append(frame, length), 0xc3, length);
}

static void add_tcp(struct frame *frame, __be16 source, __be16 destination, uint8_t flags)
{
	uint8_t *tcp = frame_append(frame, TCP_LENGTH);

	put_be16(tcp, ntohs(source));
	put_be16(tcp + 2, ntohs(destination));
	tcp[TCP_SEQUENCE] = 1;
	tcp[TCP_ACKNOWLEDGMENT] = 2;
	tcp[12] = TCP_LENGTH / 4 << 4;
	tcp[TCP_FLAGS] = flags;
	put_be16(tcp + 14, 0xffff);
}

static void add_udp(struct frame *frame, __be16 source, __be16 destination, size_t payload)
{
	uint8_t *udp = frame_append(frame, UDP_LENGTH);

	put_be16(udp, ntohs(source));
	put_be16(udp + 2, ntohs(destination));
	put_be16(udp + 4, (uint16_t)(UDP_LENGTH + payload));
}

void flow_tcp(struct frame *frame, const struct flow *flow, uint8_t flags)
{
	begin(frame, &flow->client, &flow->vip, IPPROTO_TCP);
	add_tcp(frame, flow->client_port, flow->vip_port, flags);
	if (!(flags & TH_SYN))
		add_payload(frame, PAYLOAD_LENGTH);
	flow_finish(frame);
}

void flow_udp(struct frame *frame, const struct flow *flow)
{
	begin(frame, &flow->client, &flow->vip, IPPROTO_UDP);
	add_udp(frame, flow->client_port, flow->vip_port, PAYLOAD_LENGTH);
	add_payload(frame, PAYLOAD_LENGTH);
	flow_finish(frame);
}

void flow_data(struct frame *frame, const struct flow *flow)
{
	if (flow->protocol == IPPROTO_UDP)
		flow_udp(frame, flow);
	else
		flow_tcp(frame, flow, TH_ACK | TH_PUSH);
}

void flow_reply(struct frame *frame, const struct flow *flow)
{
	begin(frame, &flow->vip, &flow->client, flow->protocol);
	if (flow->protocol == IPPROTO_UDP)
		add_udp(frame, flow->vip_port, flow->client_port, PAYLOAD_LENGTH);
	else
		add_tcp(frame, flow->vip_port, flow->client_port, TH_ACK | TH_PUSH);
	add_payload(frame, PAYLOAD_LENGTH);
	flow_finish(frame);
}

void flow_error(struct frame *frame, uint8_t type, const struct frame *quoted, size_t length)
{
	bool ipv6 = frame_is_ipv6(quoted);
	struct ip_address router, sender = {.bytes = {[10] = 0xff, 0xff}};
	const uint8_t *packet = quoted->bytes + quoted->network;
	int result = address_parse(ipv6 ? "2001:db8:ffff::1" : "192.0.2.254", &router);

	assert(result == 0 && length <= quoted->length - quoted->network);
	(void)result;
	if (ipv6)
		memcpy(sender.bytes, packet + 8, 16);
	else
		memcpy(sender.bytes + 12, packet + 12, 4);
	begin(frame, &router, &sender, ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	frame_append(frame, ICMP_LENGTH)[0] = type;
	memcpy(frame_append(frame, length), packet, length);
	flow_finish(frame);
}

size_t flow_minimal(const struct frame *quoted)
{
	return quoted->transport - quoted->network + 8;
}

static uint8_t protocol_of(const struct frame *frame)
{
	return frame
		->bytes[frame->network + (frame_is_ipv6(frame) ? IPV6_NEXT_HEADER : IPV4_PROTOCOL)];
}

void flow_finish(struct frame *frame)
{
	uint8_t *transport = frame->bytes + frame->transport, *checksum;
	uint8_t protocol = protocol_of(frame);

	frame_finish(frame);
	if (protocol == IPPROTO_TCP)
		checksum = transport + 16;
	else if (protocol == IPPROTO_UDP)
		checksum = transport + 6;
	else if (protocol == IPPROTO_ICMP)
		checksum = transport + ICMP_CHECKSUM;
	else
		return;
	put_be16(checksum, 0);
	put_be16(checksum, checksum_transport(frame, protocol != IPPROTO_ICMP));
}

void frame_set_source(struct frame *frame, const char *mac)
{
	int result = mac_parse(mac, frame->bytes + ETH_ALEN);

	assert(result == 0);
	(void)result;
}

void frame_set_ttl(struct frame *frame, uint8_t ttl)
{
	uint8_t *header = frame->bytes + frame->network;

	header[frame_is_ipv6(frame) ? IPV6_HOP_LIMIT : IPV4_TTL] = ttl;
	if (frame_is_ipv6(frame))
		return;
	put_be16(header + IPV4_CHECKSUM, 0);
	put_be16(header + IPV4_CHECKSUM, checksum_ipv4_header(frame));
}

void frame_add_options(struct frame *frame)
{
	memset(frame_insert(frame, frame->transport, 8), 1, 8); /* no operation */
	frame->bytes[frame->network] = (uint8_t)(frame->bytes[frame->network] + 2);
	frame->transport += 8;
	frame_finish(frame);
}

static void fragment_ipv4(struct frame *frame, uint16_t identification, uint16_t offset, bool more)
{
	uint8_t *header = frame->bytes + frame->network;

	put_be16(header + IPV4_IDENTIFICATION, identification);
	put_be16(header + IPV4_FRAGMENT, (uint16_t)(offset | (more ? 0x2000 : 0)));
	frame_finish(frame);
}

static void fragment_ipv6(struct frame *frame, uint16_t identification, uint16_t offset, bool more)
{
	uint8_t *extension = frame_insert(frame, frame->transport, IPV6_FRAGMENT_LENGTH);

	extension[0] = protocol_of(frame);
	put_be16(extension + 2, (uint16_t)(offset << 3 | more));
	put_be16(extension + 6, identification);
	frame->bytes[frame->network + IPV6_NEXT_HEADER] = IPPROTO_FRAGMENT;
	frame->transport += IPV6_FRAGMENT_LENGTH;
	frame_fit(frame);
}

void frame_fragment(struct frame *frame, uint16_t identification, uint16_t offset, bool more)
{
	if (offset)
		memset(frame->bytes + frame->transport, 0xc3, frame->length - frame->transport);
	if (frame_is_ipv6(frame))
		fragment_ipv6(frame, identification, offset, more);
	else
		fragment_ipv4(frame, identification, offset, more);
}

/* Walks one IP packet. Leaves its protocol, and whether it is a fragment but the first. */
static size_t skip_ip(const uint8_t *packet, uint8_t *protocol, bool *follows)
{
	if (packet[0] >> 4 == 4) {
		*protocol = packet[IPV4_PROTOCOL];
		*follows = get_be16(packet + IPV4_FRAGMENT) & 0x1fff;
		return (packet[0] & 0xfu) * 4u;
	}
	*protocol = packet[IPV6_NEXT_HEADER];
	*follows = false;
	if (*protocol != IPPROTO_FRAGMENT)
		return IPV6_LENGTH;
	*protocol = packet[IPV6_LENGTH];
	*follows = get_be16(packet + IPV6_LENGTH + 2) >> 3;
	return IPV6_LENGTH + IPV6_FRAGMENT_LENGTH;
}

static bool is_error(uint8_t protocol, uint8_t type)
{
	if (protocol == IPPROTO_ICMPV6)
		return type <= LAST_ICMPV6_ERROR;
	return protocol == IPPROTO_ICMP &&
	       (type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
		type == ICMP_PARAMETERPROB);
}

size_t frame_judged(const struct frame *frame)
{
	size_t end = frame->network;
	uint8_t protocol;
	bool follows;

	end += skip_ip(frame->bytes + end, &protocol, &follows);
	if (follows)
		return end;
	if (is_error(protocol, frame->bytes[end])) {
		end += ICMP_LENGTH;
		return end + skip_ip(frame->bytes + end, &protocol, &follows) + 8;
	}
	if (protocol == IPPROTO_TCP)
		return end + TCP_LENGTH;
	if (protocol == IPPROTO_UDP)
		return end + UDP_LENGTH;
	return frame->length;
}
