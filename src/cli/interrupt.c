/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals and Ctrl-C, counted. */
#include "cli/interrupt.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t count;
static struct termios before; /* of the terminal; only where is_held */
static gboolean is_held;

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

static void
on_signal(int number G_GNUC_UNUSED)
{
    count = count + 1;
}

static void
hold_terminal(void)
{
    struct termios held;

    if (tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &before) < 0)
        return; /* no terminal, or not ours now: to change it would stop us */
    held = before;
    held.c_lflag &= ~(tcflag_t)(ISIG | ICANON | ECHO);
    held.c_cc[VMIN] = 0;
    held.c_cc[VTIME] = 0;
    is_held = tcsetattr(STDIN_FILENO, TCSANOW, &held) == 0;
}

void
loom_interrupt_catch(void)
{
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
        sigaction(signals[i], &action, NULL);
    hold_terminal();
}

void
loom_interrupt_release(void)
{
    const struct sigaction action = {.sa_handler = SIG_DFL};

    if (is_held)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    is_held = FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
        sigaction(signals[i], &action, NULL);
}

unsigned
loom_interrupt_count(void)
{
    char key;

    while (is_held && read(STDIN_FILENO, &key, 1) == 1)
        if (key == (char)before.c_cc[VINTR])
            count = count + 1;
    return (unsigned)count;
}
