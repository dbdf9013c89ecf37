# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of virt-loom for bash.

# The names of one kind, as the fabric has them, one a line.
_virt_loom_names() {
    local args=() i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            -f | --fabric) args+=(--fabric "${COMP_WORDS[i + 1]}") ;;
        esac
    done
    virt-loom show "$1" --quiet "${args[@]}" 2>/dev/null |
        sed -e 1d -e 's/   *.*//'
}

_virt_loom_reply() {
    local line
    while IFS= read -r line; do
        [[ $line == "$2"* ]] && COMPREPLY+=("$(printf %q "$line")")
    done < <(printf '%s\n' "$1")
}

_virt_loom() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} common='--fabric --format --quiet --help'
    local kinds='hosts switches networks sites pools profiles classifications'
    COMPREPLY=()

    if [[ $COMP_CWORD == 1 ]]; then
        mapfile -t COMPREPLY < <(compgen -W \
            'check show lease networks plan rehearse apply confirm revert watch status migrate boot --help --version' -- "$current")
        return
    fi
    case $previous in
        -f | --fabric | --facts | -w | --write)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return ;;
        -H | --host) _virt_loom_reply "$(_virt_loom_names hosts)" "$current"; return ;;
        --xml) _virt_loom_reply "$(_virt_loom_names networks)" "$current"; return ;;
        --format) mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$current"); return ;;
        -c | --connect | --from)
            mapfile -t COMPREPLY < <(compgen -W 'qemu:///system test:///default' -- "$current")
            return ;;
    esac
    if [[ $current == -* ]]; then
        local options=$common
        case $command in
            check) options+=' --strict' ;;
            lease) options+=' --write' ;;
            networks) options+=' --host --facts --xml' ;;
            plan) options+=' --host --facts --connect --networks --no-interruption' ;;
            rehearse) options+=' --host --facts' ;;
            apply) options+=' --host --facts --connect --networks --confirm --no-interruption --restart-libvirtd --dry-run' ;;
            confirm | watch) options='--format --quiet --help' ;;
            revert) options='--connect --format --quiet --help' ;;
            status) options+=' --host --facts --connect --networks' ;;
            migrate) options+=' --from --check --all --persistent --undefine-source --copy-storage --offline' ;;
            boot) options='--networks --connect --timeout --quiet --help' ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
        return
    fi
    case $command in
        migrate) _virt_loom_reply "$(virsh list --name 2>/dev/null; _virt_loom_names hosts)" "$current" ;;
        check)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
        show)
            if [[ " $kinds " == *" $previous "* ]]; then
                _virt_loom_reply "$(_virt_loom_names "$previous")" "$current"
            else
                mapfile -t COMPREPLY < <(compgen -W "$kinds" -- "$current")
            fi ;;
    esac
}
complete -F _virt_loom virt-loom
