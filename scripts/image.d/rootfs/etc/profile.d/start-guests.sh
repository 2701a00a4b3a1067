# Started by scripts/run with guests: they are created once a boot, by the
# console's first login.
if [ -r /etc/start-guests ] && [ "$(tty)" = /dev/hvc0 ] && mkdir /run/start-guests 2>/dev/null; then
	start-guests "$(cat /etc/start-guests)"
fi
