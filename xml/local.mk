# SPDX-License-Identifier: LGPL-2.1-or-later
# xml/: schemas for editors and tests, and the built-in names.
dist_pkgdata_DATA += xml/builtin.xml xml/fabric.rng
dist_pkgdata_DATA += xml/host.rng
