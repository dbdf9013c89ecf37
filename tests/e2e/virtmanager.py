#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real virt-manager, with somebody at it who adds a NIC to a guest that is shut off.

  virtmanager.py GUEST NETWORK PORTGROUP PICTURE

Opens the guest's details on qemu:///system, presses "Add Hardware", chooses "Network", and prints what the
dialog offers: a line "NETWORK: PORTGROUP ..." for each entry, with * at the portgroup that it proposes.
Then chooses NETWORK and PORTGROUP, writes a picture of the dialog to the file PICTURE (PNG), and presses
"Finish". Fails with the text of any message that virt-manager shows. Needs a display. Widgets are found
by the names that they have in virt-manager's files *.ui: it itself is left alone.
"""
import os
import sys
import traceback

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

sys.path.insert(0, "/usr/share/virt-manager")
from virtManager import virtmanager  # noqa: E402

PATIENCE = 90  # seconds, after which virt-manager does not come to it any more


def inside(widget):
    """The widget and all in it."""
    yield widget
    if isinstance(widget, Gtk.Container):
        children = []
        widget.forall(children.append)
        for child in children:
            yield from inside(child)


def seen(name, title=""):
    """The widget of that name which can be seen, in a window of that title."""
    for window in Gtk.Window.list_toplevels():
        if title in (window.get_title() or ""):
            for widget in inside(window):
                if Gtk.Buildable.get_name(widget) == name and widget.get_mapped():
                    return widget
    return None


def messages():
    """What virt-manager has to say besides."""
    return [window.get_property("text") for window in Gtk.Window.list_toplevels()
            if isinstance(window, Gtk.MessageDialog) and window.get_visible()]


def words(combo):
    return [row[0] for row in combo.get_model()]


def choose(combo, word):
    """The entry that is it, or that has it in quotes."""
    at = [number for number, entry in enumerate(words(combo)) if entry == word or f"'{word}'" in entry]
    if len(at) != 1:
        raise SystemExit(f"'{word}' is {len(at)} times among {words(combo)}")
    combo.set_active(at[0])


def offered(networks):
    """Each network, with its portgroups."""
    for number, label in enumerate(words(networks)):
        networks.set_active(number)
        groups = seen("net-portgroup")
        proposed = groups.get_active() if groups else -1
        names = [name + ("*" if at == proposed else "") for at, name in enumerate(words(groups) if groups else [])]
        print(f"{label}: {' '.join(names)}".rstrip())


def picture(window, path):
    own = window.get_window()
    Gdk.pixbuf_get_from_window(own, 0, 0, own.get_width(), own.get_height()).savev(path, "png", [], [])


def user(network, portgroup, path):
    """What somebody does, who waits wherever this yields a condition."""
    yield lambda: seen("add-hardware-button")
    seen("add-hardware-button").clicked()
    dialog = "Add New Virtual Hardware"
    yield lambda: seen("hw-list", dialog)
    kinds = seen("hw-list", dialog)
    kinds.set_cursor([row[0] for row in kinds.get_model()].index("Network"))
    yield lambda: seen("net-source", dialog)
    offered(seen("net-source", dialog))
    choose(seen("net-source", dialog), network)
    yield lambda: seen("net-portgroup", dialog)
    choose(seen("net-portgroup", dialog), portgroup)
    yield lambda: not Gtk.events_pending()
    picture(seen("hw-list", dialog).get_toplevel(), path)
    seen("create-finish", dialog).clicked()
    yield lambda: not seen("hw-list", dialog)


def end(status):
    sys.stdout.flush()
    os._exit(status)  # virt-manager has threads, and would ask


def main():
    guest, *wanted = sys.argv[1:]
    steps = user(*wanted)
    wait = [lambda: True]

    def step():
        try:
            if messages():
                raise SystemExit(f"virt-manager says: {messages()}")
            if wait[0]():
                wait[0] = next(steps)
        except StopIteration:
            end(0)
        except BaseException:  # whatever it is, GLib would go on
            traceback.print_exc()
            end(1)
        return True

    GLib.timeout_add(50, step)
    GLib.timeout_add_seconds(PATIENCE, lambda: (print("it waits in vain"), end(1)))
    sys.argv = ["virt-manager", "--no-fork", "--connect", "qemu:///system", "--show-domain-editor", guest]
    virtmanager.runcli()


main()
