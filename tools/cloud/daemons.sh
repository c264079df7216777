# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Daemons in the background, each known by "PID START-TIME" in $run/NAME.pid: the time tells our
# process from a stranger that was given the same pid later.

# started PID: its start time into $REPLY; fails for a dead process and for a zombie, which nobody
# may ever collect in a container.
started() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -ra stat <<<"${stat##*) }" # the name before it may contain anything
  REPLY=${stat[19]}
  [[ ${stat[0]} != [ZX] ]]
}

alive() { # alive NAME
  local pid since
  { read -r pid since <"$run/$1.pid"; } 2>/dev/null || return 1
  started "$pid" && [[ $REPLY == "$since" ]]
}

listening() { (exec 3<>"/dev/tcp/$ip/$1") 2>/dev/null; } # listening PORT

# Each daemon leads a session of its own, so its group is itself and its children. A group outlives
# its leader, and its number is not given away before it is empty.
end_orphans_of() { # end_orphans_of NAME, whose leader is dead
  local pid since
  { read -r pid since <"$run/$1.pid"; } 2>/dev/null || return 0
  if ! started "$pid"; then kill -KILL -- "-$pid" 2>/dev/null || true; fi
  rm -f "$run/$1.pid"
}

forget_the_dead() { # whatever ended since the last time, without down.sh
  local file name
  for file in "$run"/*.pid; do
    name=$(basename "$file" .pid)
    alive "$name" || end_orphans_of "$name"
  done
}

started_now=0

start() { # start NAME COMMAND...: nothing to do when it runs
  local name=$1 pid
  shift
  if alive "$name"; then return; fi
  started_now=$((started_now + 1))
  printf '\n=== %s\n' "$(date -Is)" >>"$log/$name.log"
  # 9 is the lock of up.sh, which must not live on in a daemon
  setsid nohup "$@" >>"$log/$name.log" 2>&1 </dev/null 9>&- &
  pid=$!
  started "$pid" || true
  echo "$pid $REPLY" >"$run/$name.pid"
  disown "$pid"
}

show_end_of() { # show_end_of NAME: why it may have died
  echo "--- the end of $log/$1.log" >&2
  tail -n 25 "$log/$1.log" >&2
}

all_alive() { # fails, and tells which, when a daemon that was started has died
  local file name bad=0
  for file in "$run"/*.pid; do
    name=$(basename "$file" .pid)
    alive "$name" && continue
    show_end_of "$name"
    echo "$name died" >&2
    bad=1
  done
  return $bad
}

await_port() { # await_port NAME SECONDS
  local deadline=$((SECONDS + $2))
  until listening "${port[$1]}"; do
    all_alive || exit 1
    if ((SECONDS > deadline)); then
      show_end_of "$1"
      die "$1 does not listen on port ${port[$1]} after $2 s"
    fi
    sleep 0.1
  done
}

stop() { # stop SECONDS NAME...: asks them all at once, and kills what is left after SECONDS
  local deadline=$((SECONDS + $1)) name pid rest left
  shift
  for name in "$@"; do
    if alive "$name"; then
      read -r pid rest <"$run/$name.pid"
      kill -TERM "$pid"
    fi
  done
  while :; do
    left=()
    for name in "$@"; do if alive "$name"; then left+=("$name"); fi; done
    if ((${#left[@]} == 0 || SECONDS >= deadline)); then break; fi
    sleep 0.1
  done
  for name in "${left[@]}"; do
    read -r pid rest <"$run/$name.pid"
    echo "$name did not end in time and is killed"
    kill -KILL -- "-$pid" 2>/dev/null || true
  done
  for name in "$@"; do end_orphans_of "$name"; done
}
