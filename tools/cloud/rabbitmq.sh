# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# RabbitMQ, with an Erlang port mapper of its own.

configure_rabbitmq() {
  write rabbitmq.conf <<X
listeners.tcp.default = $ip:${port[rabbitmq]}
load_definitions = $etc/rabbitmq.json
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 1GB
log.console.level = warning
X
  # Whoever sends a notification makes its queue, and most of them nobody reads.
  write rabbitmq.json <<X
{
  "users": [{"name": "openstack", "password": "$password", "tags": "administrator"}],
  "vhosts": [{"name": "/"}],
  "permissions": [
    {"user": "openstack", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
  ],
  "policies": [{
    "name": "unread", "vhost": "/", "pattern": "notifications", "apply-to": "queues",
    "priority": 1, "definition": {"max-length": 20000, "message-ttl": 600000}
  }]
}
X
  write rabbitmq-plugins <<<'[].'
}

start_rabbitmq() {
  local home=$state/rabbitmq
  # An epmd of our own: the usual one belongs to whoever started it first.
  export ERL_EPMD_PORT=${port[epmd]} ERL_EPMD_ADDRESS=$ip
  start epmd epmd
  await_port epmd 10
  # RUNNING_UNDER_SYSTEMD makes its script become the server instead of waiting for it.
  start rabbitmq env HOME="$home/home" RUNNING_UNDER_SYSTEMD=1 \
    RABBITMQ_NODENAME=synchronizer@localhost RABBITMQ_DIST_PORT="${port[rabbitmq-distribution]}" \
    RABBITMQ_NODE_IP_ADDRESS="$ip" RABBITMQ_NODE_PORT="${port[rabbitmq]}" \
    RABBITMQ_MNESIA_BASE="$home/mnesia" RABBITMQ_LOG_BASE="$home/log" \
    RABBITMQ_CONFIG_FILE="$etc/rabbitmq" RABBITMQ_CONF_ENV_FILE=/dev/null \
    RABBITMQ_ENABLED_PLUGINS_FILE="$etc/rabbitmq-plugins" RABBITMQ_PID_FILE="$home/pid" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none" \
    /usr/lib/rabbitmq/bin/rabbitmq-server
}
