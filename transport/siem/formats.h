// One pair of functions per format, for event_format.cc: the body of a change, and of a notice.
#pragma once

#include <string>

#include "engine/verdict/change.h"
#include "transport/render/json.h"
#include "transport/siem/event_format.h"

namespace quotemill::transport {

std::string render_json(const EventSource& source, const Change& change, const ToldHost& host);
std::string render_json(const EventSource& source, const Notice& notice);
std::string render_cloud_event(const EventSource& source, const Change& change,
                               const ToldHost& host);
std::string render_cloud_event(const EventSource& source, const Notice& notice);
std::string render_ocsf(const EventSource& source, const Change& change, const ToldHost& host);
std::string render_ocsf(const EventSource& source, const Notice& notice);
std::string render_ocsf_finding(const EventSource& source, const Change& change,
                                const ToldHost& host);
std::string render_ecs(const EventSource& source, const Change& change, const ToldHost& host);
std::string render_ecs(const EventSource& source, const Notice& notice);
std::string render_cef(const EventSource& source, const Change& change, const ToldHost& host);
std::string render_cef(const EventSource& source, const Notice& notice);
std::string render_syslog(const EventSource& source, const Change& change, const ToldHost& host);
std::string render_syslog(const EventSource& source, const Notice& notice);

// Quotemill's own form of a notice: id, kind, time, level, code, message, host, fields{}.
Json render_notice(const Notice& notice);

// Unless it is null: neither OCSF nor ECS has fields that are.
void add_if_known(Json& out, const char* name, const Json& value);

// The context attributes of a CloudEvent (CloudEvents 1.0.2, 3): texts, and a number.
Json cloud_attributes(const EventSource& source, const Change& change);
Json cloud_attributes(const EventSource& source, const Notice& notice);

}  // namespace quotemill::transport
