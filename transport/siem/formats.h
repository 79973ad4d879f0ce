// One function per format, for event_format.cc.
#pragma once

#include <string>

#include "engine/verdict/change.h"
#include "transport/siem/event_format.h"

namespace quotemill::transport {

std::string render_cloud_event(const EventSource& source, const Change& change);
std::string render_ocsf(const EventSource& source, const Change& change);
std::string render_ecs(const EventSource& source, const Change& change);
std::string render_cef(const EventSource& source, const Change& change);
std::string render_syslog(const EventSource& source, const Change& change);

}  // namespace quotemill::transport
