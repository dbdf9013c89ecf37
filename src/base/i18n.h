/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marks messages for translation; the catalogue is bound once, in main(). */
#pragma once

#include <glib.h>
#include <libintl.h>

#define _(text)  gettext(text)
#define N_(text) (text)
