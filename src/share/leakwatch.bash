# Completion of leakwatch(1) for bash: commands, options and their values, watched processes. What there is, the tool
# itself tells.
_leakwatch() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} tool=${COMP_WORDS[0]} command=${COMP_WORDS[1]}
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "$("$tool" --help 2>/dev/null | sed -n 's/^  leakwatch \([a-z]*\).*/\1/p') --help --version" -- "$current"))
        return
    fi
    if [ "$command" = run ]; then
        local i
        for ((i = 2; i < COMP_CWORD; i++)); do
            if [ "${COMP_WORDS[i]}" = -- ]; then
                COMPREPLY=($(compgen -c -f -- "$current"))
                return
            fi
        done
    fi
    case $before in
    --format)
        COMPREPLY=($(compgen -W "text json github html folded pprof profile snapshot" -- "$current"))
        return
        ;;
    --color)
        COMPREPLY=($(compgen -W "auto always never" -- "$current"))
        return
        ;;
    --sysroot | --debug-dir)
        COMPREPLY=($(compgen -d -- "$current"))
        return
        ;;
    --log | --junit | --suppressions | --write-suppressions | --baseline)
        COMPREPLY=($(compgen -f -- "$current"))
        return
        ;;
    --at-exit | --at-term | --default-suppressions)
        COMPREPLY=($(compgen -W "0 1" -- "$current"))
        return
        ;;
    --signal)
        COMPREPLY=($(compgen -W "none USR1 USR2 HUP QUIT URG WINCH IO PROF PWR XCPU VTALRM STKFLT" -- "$current"))
        return
        ;;
    esac
    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$("$tool" "$command" --help 2>/dev/null | grep -o -- '--[a-z][a-z-]*' | sort -u) --help" -- "$current"))
    elif [[ $command =~ ^(stack|stats|tree|watch)$ || $before == --live ]]; then
        COMPREPLY=($(compgen -W "$(grep -ls '/memfd:leakwatch-' /proc/[0-9]*/maps 2>/dev/null | cut -d/ -f3)" -- "$current"))
    else
        COMPREPLY=($(compgen -f -- "$current"))
    fi
}
complete -F _leakwatch leakwatch
