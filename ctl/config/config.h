/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration as the operator wrote it, checked and typed. The same file serves every node of
 * the cluster; which one we are is config->node. Nothing in here changes after it was loaded, and
 * it lives for as long as somebody holds a reference, which everybody needs who keeps a pointer
 * into it.
 */
#ifndef VIPD_CONFIG_CONFIG_H
#define VIPD_CONFIG_CONFIG_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps/address.h"
#include "maps/authentication.h"
#include "maps/instances.h"
#include "maps/peers.h"
#include "maps/vips.h"

/* This stands for an index where there is none, or where the name is unknown. */
#define CONFIG_NONE SIZE_MAX

#define CONFIG_NAME_MAX      64
#define CONFIG_SERVICES_MAX  64
#define CONFIG_INSTANCES_MAX 254 /* one of the 255 VRIDs is the standing's */
#define CONFIG_PORTS_MAX     16
#define CONFIG_TRACKED_MAX   8
#define CONFIG_STATUSES_MAX  16
#define CONFIG_HOST_MAX      254 /* a DNS name and its NUL */
#define CONFIG_FILE_MAX      256 /* a path and its NUL */

/* The length of a shared key, in bytes. */
#define CONFIG_KEY_LENGTH_MIN 32
#define CONFIG_KEY_LENGTH_MAX 64

/* The length of a VRRPv2 password, in bytes (RFC 2338 section 5.3.10). */
#define CONFIG_PASSWORD_LENGTH_MAX 8

#define CONFIG_TRACKERS_MAX 64
#define CONFIG_TRACKS_MAX   8  /* an instance or a sync group has so many */
#define CONFIG_PROCESS_MAX  16 /* the kernel keeps that much of a name, with the NUL */

/* The address owner has a priority that nothing changes; weights keep all others within these
 * bounds (RFC 9568 section 5.2.4). */
#define OWNER_PRIORITY        255
#define WEIGHTED_PRIORITY_MIN 1
#define WEIGHTED_PRIORITY_MAX 254

/* A node of the cluster, this one included. Addresses that were not given are all zero. */
struct config_peer {
	char name[CONFIG_NAME_MAX];
	struct ip_address address;     /* IPv4 */
	struct ip_address address6;    /* IPv6 */
	struct ip_address link_local6; /* fe80::, the source of multicast IPv6 advertisements */
	uint8_t mac[6];
	bool mac_pinned;
	bool vipd; /* runs vipd; otherwise it takes part in elections only, and is no backend */
};

enum vrrp_mode {
	VRRP_UNICAST,
	VRRP_MULTICAST,
};

/* What the checksum of an IPv4 VRRPv3 advertisement that we send covers. */
enum vrrp_checksum {
	VRRP_CHECKSUM_MESSAGE,       /* the message alone: RFC 9568 section 5.2.8 */
	VRRP_CHECKSUM_PSEUDO_HEADER, /* a pseudo header too: RFC 5798 as keepalived and FRR read it
				      */
};

enum quorum_policy {
	QUORUM_NONE,     /* each side of a split elects its own owner */
	QUORUM_MAJORITY, /* a node that hears no majority owns nothing */
};

struct config_quorum {
	enum quorum_policy policy;
	uint8_t vrid; /* another name of config_vrrp.standing_vrid */
};

/* A key that the nodes share. */
struct config_key {
	uint8_t id;                 /* 1-255 */
	char file[CONFIG_FILE_MAX]; /* as given */
	uint8_t *secret;            /* in guarded memory; NULL: not read */
	size_t secret_length;       /* CONFIG_KEY_LENGTH_MIN to _MAX */
};

/* How advertisements prove who sent them (draft-cassen-vrrp-auth-hmac). */
struct config_authentication {
	enum authentication_mode mode;
	bool monotonic;     /* replays are told by the sequence alone, whatever the clocks say */
	uint64_t window;    /* ns, how far a time stamp may be from our clock; unless monotonic */
	uint8_t active_key; /* id of the key that signs what we send; 0: nothing is signed */
	struct config_key *keys;
	size_t key_count;
};

struct config_vrrp {
	unsigned int version;     /* 2 or 3, for instances that do not say */
	uint64_t advert_interval; /* ns, 10 ms to 40.95 s, a multiple of 10 ms */
	uint64_t handover_delay;  /* ns between the advertisement that takes over and our first
				     answer */
	uint64_t refresh;         /* ns, how often an owner announces its VIPs without a cause; 0:
				     never */
	enum vrrp_mode mode;
	enum vrrp_checksum checksum;
	bool virtual_mac; /* peers may advertise from the virtual router's MAC */
	struct config_quorum quorum;
	uint8_t standing_vrid; /* standing messages have it, and no instance does; 1-255 */
	char guard_interfaces[CONFIG_TRACKED_MAX][IF_NAMESIZE]; /* all VRRP is dropped there */
	size_t guard_interface_count;
	struct config_authentication authentication;
};

/* The authentication fields of VRRPv2. */
struct config_simple_text {
	enum vrrp2_authentication type;
	char password[CONFIG_PASSWORD_LENGTH_MAX + 1]; /* "": none, or not read */
	char file[CONFIG_FILE_MAX];                    /* that has the password; "": none */
};

/* What an instance watches. Without a weight it is in Fault while the tracker fails. */
struct config_track {
	size_t tracker; /* index into config->trackers */
	int weight;     /* added to the priority: if positive while it is up, if negative while it
			   is down; of a file, times its number */
};

struct config_instance {
	char name[CONFIG_NAME_MAX];
	uint8_t vrid;                /* 1-255 */
	uint8_t priority[MAX_PEERS]; /* by index into config->peers; 0: takes no part */
	bool preempt;
	uint64_t preempt_delay; /* ns */
	unsigned int version;   /* VRRP version, 2 or 3 */
	struct config_simple_text simple_text;
	struct ip_address *vips; /* in the order of the file */
	size_t vip_count;        /* at least 1 */
	bool start_active;       /* begins as Active, unless one is heard */
	bool accept;             /* packets for a VIP that belong to no service */
	bool accept_as_backup;   /* packets from outside for a VIP that this node does not own */
	struct config_track *tracks;
	size_t track_count;
	size_t sync_group; /* index into config->sync_groups + 1; 0: none */
};

/* Instances that move together. */
struct config_sync_group {
	char name[CONFIG_NAME_MAX];
	size_t *members; /* indices into config->instances */
	size_t member_count;
	struct config_track *tracks; /* every member depends on them */
	size_t track_count;
};

struct config_port {
	uint16_t port;    /* host order */
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
};

struct config_backend {
	char node[CONFIG_NAME_MAX]; /* which of the peers */
	size_t peer;                /* its index into config->peers */
	unsigned int weight;        /* 1-100 */
};

/* What a backend has to do for it to be up. */
enum check_method {
	CHECK_HTTP,   /* answer a request */
	CHECK_HTTPS,  /* the same over TLS */
	CHECK_TCP,    /* accept a connection */
	CHECK_TLS,    /* and shake hands */
	CHECK_SCRIPT, /* please a program on this node */
};

/* Over which families the backends of a service are checked. */
enum check_families {
	CHECK_FAMILIES_VIPS, /* those of the VIPs that the service listens on */
	CHECK_FAMILIES_BOTH, /* those that the backend has an address of */
	CHECK_FAMILIES_IPV4,
	CHECK_FAMILIES_IPV6,
};

/* At which addresses of this node its own backend is checked. */
enum check_to {
	CHECK_TO_ADDRESS, /* those of the node, as all other backends */
	CHECK_TO_VIP,     /* VIPs of the service, which this node has on its loopback interface */
};

struct config_statuses {
	uint16_t first, last; /* HTTP statuses, both inclusive */
};

struct config_check {
	bool enabled;
	enum check_method method;
	char path[256];               /* HTTP and HTTPS: what is requested. Script: the program */
	enum check_families families; /* of a service */
	enum check_to to;             /* of a service */
	bool every_port;              /* of a service: each of its TCP ports is asked, not port */
	uint16_t port;                /* host order; 0 with every_port */
	char host[CONFIG_HOST_MAX];   /* in the Host header and as TLS server name; "": neither */
	struct config_statuses expect_status[CONFIG_STATUSES_MAX];
	size_t expect_status_count; /* at least 1 */
	char expect_body[256];      /* "": any */
	bool verify;                /* the TLS certificate */
	char user[CONFIG_NAME_MAX]; /* that the script runs as */
	uint64_t interval;          /* ns */
	uint64_t timeout;           /* ns, at most the interval */
	unsigned int jitter;        /* percent of the interval, 0-50 */
	unsigned int fall;          /* failures in a row that mean down; at least 1 */
	unsigned int rise;          /* successes in a row that mean up; at least 1 */
};

enum tracker_kind {
	TRACKER_CHECK, /* of this node, as a backend is checked */
	TRACKER_INTERFACE,
	TRACKER_FILE, /* has a number in it */
	TRACKER_PROCESS,
};

/* Something on this node that elections may depend on. */
struct config_tracker {
	struct config_check check; /* comes first; of it, a process has the timing */
	char name[CONFIG_NAME_MAX];
	enum tracker_kind kind;
	char interface[IF_NAMESIZE];
	char file[256];
	char process[CONFIG_PROCESS_MAX];
};

enum affinity {
	AFFINITY_CONNECTION,
	AFFINITY_CLIENT,
};

struct config_service {
	char name[CONFIG_NAME_MAX];
	bool all_vips;
	struct ip_address *vips; /* unless all_vips */
	size_t vip_count;
	struct config_port ports[CONFIG_PORTS_MAX];
	size_t port_count;
	struct config_backend *backends;
	size_t backend_count;
	enum affinity affinity;
	uint64_t settle; /* ns */
	bool listener_check;
	unsigned int panic_threshold; /* percent of the backends, 0-100: when fewer are up, the
					 checks are not believed */
	struct config_check check;
};

struct service_list;

struct config {
	unsigned int further_references; /* besides the one that it was made with */
	const struct config *base;       /* owns all but the services; NULL: this one does */
	char node[CONFIG_NAME_MAX];
	size_t self; /* index of this node in peers */
	char interface[IF_NAMESIZE];
	uint16_t vlan;              /* 1-4094, or VLAN_UNTAGGED */
	struct ip_address gateway4; /* all zero: none */
	struct ip_address gateway6;
	uint32_t routing_table; /* for the replies; 1-0xffffffff, default 112 */
	struct config_peer *peers;
	size_t peer_count;
	struct config_vrrp vrrp;
	struct config_instance *instances;
	size_t instance_count;
	struct config_sync_group *sync_groups;
	size_t sync_group_count;
	struct config_tracker *trackers;
	size_t tracker_count;
	const struct config_service *services; /* those of service_list, with the nodes found */
	size_t service_count;
	const struct service_list *service_list;
	char drain_on_down[CONFIG_TRACKED_MAX][IF_NAMESIZE]; /* interfaces */
	size_t drain_on_down_count;
	void **sections; /* for config_section() */
};

/**
 * config_ref() - hold one more reference
 *
 * Return: @config. NULL is fine.
 */
const struct config *config_ref(const struct config *config);

/** config_unref() - let a reference go; the last one frees the configuration. NULL is fine. */
void config_unref(const struct config *config);

/** config_unrefp() - the same for CLEANUP(). */
void config_unrefp(const struct config **config);

#endif
