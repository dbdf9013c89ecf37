# SPDX-License-Identifier: LGPL-2.1-or-later
# Where tests run: here, in sandboxes, in lab hosts; the demo; and how a stranger and CI start it all.
dist_check_SCRIPTS += tests/sandbox/sandbox.test tests/lab/lab.test
TESTS += tests/sandbox/sandbox.test tests/lab/lab.test
dist_noinst_SCRIPTS += quickstart .ci/run tests/run-test tests/demo/demo.sh tests/sandbox/sandbox \
  tests/lab/lab tests/lab/build.sh tests/lab/lib/guest-init tests/lab/lib/init tests/lab/lib/session
dist_noinst_DATA += tests/tap.sh tests/features.sh
