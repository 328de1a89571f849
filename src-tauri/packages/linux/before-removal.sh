#!/bin/sh
# Runs before the package's files are removed or replaced: `prerm` of the deb, `%preun` of the rpm.
# It changes no file of a user and stops no engine. It prints which users still depend on Understudy.
set -e

case "${1:-}" in
    remove | 0) ;;      # deb, rpm
    *) exit 0 ;;        # an upgrade
esac

root="${DPKG_ROOT:-}"

accounts() {
    if [ -z "$root" ] && command -v getent >/dev/null 2>&1; then
        getent passwd || true
    elif [ -r "$root/etc/passwd" ]; then
        cat "$root/etc/passwd"
    fi
}

# Lines of "user home", one for each home folder.
homes() {
    accounts | while IFS=: read -r user _ _ _ _ home _; do
        if [ -n "$home" ] && [ "$home" != / ] && [ -d "$root$home" ]; then
            printf '%s %s\n' "$user" "$root$home"
        fi
    done | sort -u -k2
}

# Understudy keeps a receipt for each client that it connected. Lines of "user: command    # clients".
connected() {
    homes | while read -r user home; do
        clients=""
        for receipt in "$home"/.local/share/understudy/clients/*.json; do
            if [ -e "$receipt" ]; then
                clients="$clients $(basename "$receipt" .json)"
            fi
        done
        if [ -n "$clients" ]; then
            echo "  $user: understudyd connect --undo-all    #$clients"
        fi
    done
}

starting_at_login() {
    homes | while read -r user home; do
        link="$home/.config/systemd/user/default.target.wants/understudy.service"
        if [ -L "$link" ]; then
            printf '%s %s\n' "$user" "${link#"$root"}"
        fi
    done
}

commands="$(connected)"
if [ -n "$commands" ]; then
    echo "understudy: clients of these users still send their requests to Understudy. The removal does not change their files."
    echo "$commands"
    echo "Run this command as the user. It needs the program: after the removal, install the package again for it,"
    echo "or remove the base URL with \"127.0.0.1\" and \"/t/\" from the client's settings by hand."
fi

links="$(starting_at_login)"
if [ -n "$links" ]; then
    echo "understudy: the start at login is on for these users. After the removal the link has no effect and can be deleted."
    echo "$links" | while read -r user link; do
        echo "  $user: rm $link"
    done
fi

# After an upgrade a running engine's program has the suffix.
for program in /proc/[0-9]*/exe; do
    case "$(readlink "$program" 2>/dev/null)" in
        "$root/usr/bin/understudyd" | "$root/usr/bin/understudyd (deleted)")
            process="${program#/proc/}"
            process="${process%/exe}"
            echo "understudy: an engine still runs (process $process). It answers its clients until it is stopped or its user logs out."
            ;;
    esac
done
exit 0
