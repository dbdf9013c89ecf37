/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads XML in the hooks, by GMarkup: loading libxml2 alone costs more than a whole hook may. */
#pragma once

#include "base/node.h"

/*
 * As loom_xml_parse(), with the same bounds, and the same tree (but for the order of attributes,
 * which means nothing in XML) for every document that both accept. GMarkup is a subset of XML: no
 * document types, no entities but XML's five, UTF-8 only. It is laxer than libxml2 about some names
 * and about '<' in attributes, so it serves what libvirt or we wrote, never a person's file. Lines
 * are those on which a start tag ends. Errors: LOOM_ERROR_INVALID.
 */
LoomDocument *loom_markup_parse(const char *text, size_t length, const char *name, GError **error);
LoomDocument *loom_markup_load(const char *path, GError **error);
