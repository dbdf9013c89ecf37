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

# Guests that have ports here; for explain host vNICs too, and of a guest that was named the MACs.
_virt_loom_ports() { # COMMAND PREVIOUS CURRENT
    local rows
    rows=$(virt-loom ports --quiet 2>/dev/null | sed -e 1d -e 's/   */\t/g')
    if [[ $1 == ports ]]; then
        _virt_loom_reply "$(cut -f1 <<<"$rows" | grep -v -e '^(' -e '^?' | sort -u)" "$3"
    elif [[ $2 == explain ]]; then
        _virt_loom_reply "$(awk -F'\t' '{ print $1 ~ /^\(/ ? $2 : $1 }' <<<"$rows" | grep -v '^?' | sort -u)" "$3"
    else
        _virt_loom_reply "$(awk -F'\t' -v guest="$2" '$1 == guest { print $2 }' <<<"$rows")" "$3"
    fi
}

_virt_loom() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} common='--fabric --format --quiet --help'
    local kinds='hosts switches networks sites pools profiles classifications'
    COMPREPLY=()

    if [[ $COMP_CWORD == 1 ]]; then
        mapfile -t COMPREPLY < <(compgen -W \
            'check show lease networks plan rehearse apply confirm revert watch status ports explain attach detach set migrate boot --help --version' -- "$current")
        return
    fi
    case $previous in
        -f | --fabric | --facts | -w | --write)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return ;;
        -H | --host) _virt_loom_reply "$(_virt_loom_names hosts)" "$current"; return ;;
        --classification) _virt_loom_reply "$(_virt_loom_names classifications)" "$current"; return ;;
        --switch) _virt_loom_reply "$(_virt_loom_names switches)" "$current"; return ;;
        --network) _virt_loom_reply "$(_virt_loom_names networks)" "$current"; return ;;
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
            ports) options='--switch --network --format --quiet --help' ;;
            explain) options+=' --connect' ;;
            attach) options+=' --connect --classification --mac --model --live --config' ;;
            detach) options='--connect --live --config --format --quiet --help' ;;
            set) options='--connect --classification --live --config --format --quiet --help' ;;
            migrate) options+=' --from --check --all --persistent --undefine-source --copy-storage --offline' ;;
            boot) options='--networks --connect --timeout --quiet --help' ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
        return
    fi
    case $command in
        ports | explain) _virt_loom_ports "$command" "$previous" "$current" ;;
        attach | detach | set)
            if [[ $previous == "$command" ]]; then
                _virt_loom_reply "$(virsh list --all --name 2>/dev/null)" "$current"
            else
                _virt_loom_reply "$(_virt_loom_names networks)" "$current"
            fi ;;
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
