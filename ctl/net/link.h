/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network device that carries the VIPs, as a value: how the kernel had it when it was read.
 */
#ifndef VIPD_NET_LINK_H
#define VIPD_NET_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* How the device has one of this node's own addresses. */
enum own_address {
	OWN_ADDRESS_MISSING, /* also where the node has none of that family */
	OWN_ADDRESS_PRESENT,
	OWN_ADDRESS_TENTATIVE, /* duplicate address detection goes on (RFC 4862) */
	OWN_ADDRESS_DUPLICATE, /* and has found another host with it */
	OWN_ADDRESS_ELSEWHERE, /* another device has it */
};

/* What a device that is gone was called, its MAC and its MTU are kept. */
struct net_link {
	char parent[IF_NAMESIZE];  /* where XDP is attached */
	unsigned int parent_index; /* 0 while it is gone; another one when it was made anew */
	char device[IF_NAMESIZE];  /* the VLAN device on it, or the parent again when untagged */
	unsigned int index;        /* 0 while it is gone */
	uint8_t mac[6];            /* of device */
	uint32_t mtu;              /* of device */
	bool up;                   /* administratively, device: it can have routes */
	bool running;              /* administratively up, with carrier, parent and device */
	bool has_address4;         /* this node's own address of that family is on device */
	bool has_address6;         /* and not tentative */
	enum own_address address4, address6; /* why not */
	char elsewhere[IF_NAMESIZE];         /* the device that has one of them instead */
	uint16_t elsewhere_vlan;             /* it is that VLAN of the parent; 0: it is not */
	char master[IF_NAMESIZE];            /* untagged: a bridge or bond that takes its frames */
};

/**
 * net_link_fault() - why nothing can be sent or heard on the device
 *
 * Return: static text, or NULL when it can.
 */
const char *net_link_fault(const struct net_link *link);

/**
 * net_link_address_fault() - why nothing can be sent from this node's address of a family
 * @family: FAMILY_IPV4 or FAMILY_IPV6.
 *
 * Return: static text, or NULL when it can.
 */
const char *net_link_address_fault(const struct net_link *link, int family);

/** net_link_equal() - whether nothing about it has changed. */
bool net_link_equal(const struct net_link *a, const struct net_link *b);

#endif
