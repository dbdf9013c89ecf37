/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads XML that people and libvirt write, strictly, by libxml2; escapes what we write. */
#pragma once

#include "base/node.h"

/*
 * Parses LENGTH bytes of TEXT as XML 1.0 in UTF-8, whatever encoding it declares. NAME (a file
 * name) begins every message. Nothing outside the text is ever read: a document type declaration is
 * an error, so there are no entities but the five of XML; size, depth and lengths are bounded (see
 * base/node.h). Lines are those on which a start tag begins, right past 65,535 too. Errors:
 * LOOM_ERROR_INVALID.
 */
LoomDocument *loom_xml_parse(const char *text, size_t length, const char *name, GError **error);

/* The same from a file; "-" is standard input. Errors also: LOOM_ERROR_NOT_FOUND,
 * LOOM_ERROR_FAILED. */
LoomDocument *loom_xml_load(const char *path, GError **error);
