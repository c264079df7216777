"""A disk that fills up and is attended to, told through Nagios' command pipe."""

import time

HOST, SERVICE = "node20", "disk"


def live(cloud, pipe):
    def tell(op, type_, command, *words):
        line = ";".join((command, *map(str, words)))
        pipe.write_text(f"[{int(time.time())}] {line}\n", "utf-8")
        cloud.record(op, f"nagios.{type_}", words[0])
        time.sleep(1.5)  # a state that nobody could have seen would prove nothing

    result = ("PROCESS_SERVICE_CHECK_RESULT", HOST, SERVICE)
    tell("update", "service", *result, 2, "DISK CRITICAL - 99% used")
    tell("update", "service", "ACKNOWLEDGE_SVC_PROBLEM", HOST, SERVICE, 1, 0, 0, "life", "seen")
    tell("create", "comment", "ADD_HOST_COMMENT", HOST, 1, "life", "a comment")
    now = int(time.time())
    downtime = (HOST, now, now + 600, 1, 0, 600, "life", "a downtime")
    tell("create", "downtime", "SCHEDULE_HOST_DOWNTIME", *downtime)
    tell("delete", "downtime", "DEL_DOWNTIME_BY_HOST_NAME", HOST)
    tell("delete", "comment", "DEL_ALL_HOST_COMMENTS", HOST)
    tell("update", "service", *result, 0, "DISK OK - 10% used")
