/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Services as a value that a source yields, which names the nodes that serve them. The file is one
 * source. A list is filled by whoever makes it, and does not change once a
 * configuration has taken it up; it lives for as long as somebody holds a reference.
 */
#ifndef VIPD_CONFIG_SERVICES_H
#define VIPD_CONFIG_SERVICES_H

#include <stdio.h>

#include "ctl/config/config.h"

struct service_list {
	struct config_service *services; /* without backends: every node is one */
	size_t count;
	unsigned int further_references; /* besides the one that it was made with */
};

/* The values of a service before its source says anything. */
extern const struct config_service config_service_defaults;

/**
 * service_list_new() - an empty list
 *
 * Return: the list with one reference, or NULL without memory.
 */
struct service_list *service_list_new(void);

/**
 * service_list_add() - append a copy of a service
 * @service: its backends need names and weights; config_backend.peer is not read.
 *
 * Return: 0 or -ENOMEM.
 */
int service_list_add(struct service_list *list, const struct config_service *service);

/** service_list_ref() - hold one more reference. Return: @list. */
const struct service_list *service_list_ref(const struct service_list *list);

/** service_list_unref() - let a reference go; the last one frees the list. NULL is fine. */
void service_list_unref(const struct service_list *list);

/** service_list_unrefp() - the same for CLEANUP(). */
void service_list_unrefp(const struct service_list **list);

/**
 * config_with_services() - the same configuration with other services
 * @base: shares everything but the services with the result.
 * @name: what the report calls the source of the services.
 * @report: gets one line for each thing wrong with them. May be NULL.
 * @config: the result, with one reference for config_unref(); unchanged on failure.
 *
 * Return: 0; -EINVAL when the report says why; -ENOMEM.
 */
int config_with_services(const struct config *base, const struct service_list *list,
			 const char *name, FILE *report, const struct config **config);

/**
 * services_take_up() - make the services of a configuration those of a list
 * @config: under construction; its peers are known. Takes a reference to @list.
 *
 * This is the one place where names of nodes become indices into config->peers. An unknown name
 * becomes CONFIG_NONE.
 *
 * Return: 0 or -ENOMEM.
 */
int services_take_up(struct config *config, const struct service_list *list);

/** services_let_go() - free what services_take_up() made. */
void services_let_go(struct config *config);

#endif
