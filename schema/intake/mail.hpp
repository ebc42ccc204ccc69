#pragma once
// What lapx-intake reads from one e-mail. Everything here was written by whoever sent the mail:
// strings are UTF-8 without control characters (the preview may hold line breaks and tabs), bounded
// by limits.hpp, and are escaped wherever they are shown. An empty string says "not there".

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/base/bytes.hpp"
#include "schema/base/time.hpp"

namespace lapx::schema::intake {

struct Address {
    std::string display;
    std::string address;
    bool operator==(const Address&) const = default;
};

// One Received field.
struct Hop {
    std::string from;
    std::string by;
    std::string ip;
    std::optional<Time> at;
    bool operator==(const Hop&) const = default;
};

struct IpSeen {
    std::string ip;
    std::optional<std::uint16_t> port;
    std::optional<Time> at;
    bool operator==(const IpSeen&) const = default;
};

struct Url {
    std::string url;
    bool personal = false;  // holds the address of a recipient
    bool operator==(const Url&) const = default;
};

struct HeaderAddress {
    std::string field;  // "From", "Reply-To", "Return-Path" or "Sender"
    std::string address;
    bool operator==(const HeaderAddress&) const = default;
};

struct Attachment {
    std::string name;  // without folders
    std::string media_type;
    std::uint64_t size = 0;  // of the decoded octets
    std::string sha256;      // of the decoded octets, hexadecimal
    bool operator==(const Attachment&) const = default;
};

// The fields of an RFC 5965 feedback report.
struct Feedback {
    std::string type;  // "abuse", "fraud", …
    std::string user_agent;
    std::string source_ip;
    std::optional<std::uint16_t> source_port;  // RFC 6692
    std::optional<Time> arrival;
    std::optional<std::uint64_t> incidents;
    std::vector<std::string> reported_domains;
    std::vector<std::string> reported_urls;
    bool operator==(const Feedback&) const = default;
};

// The outer mail, where the mail that is the evidence came inside another one.
struct Carrier {
    Address from;
    std::string subject;
    std::string message_id;
    std::optional<Feedback> feedback;
    bool operator==(const Carrier&) const = default;
};

struct Mail {
    std::optional<Carrier> carrier;  // all that follows is of the embedded message, if there is one
    std::string subject;
    Address from;
    std::vector<std::string> recipients;  // likely complainants: personal data
    std::uint64_t recipient_count = 0;
    std::string date_raw;
    std::optional<Time> date;
    std::string message_id;     // without angle brackets
    std::vector<Hop> received;  // newest first, as in the mail
    std::vector<IpSeen> ips;    // public addresses only
    std::vector<Url> urls;
    std::vector<std::string> domains;
    std::vector<HeaderAddress> mail_addresses;
    std::vector<Attachment> attachments;
    std::vector<std::string> authentication_results;
    std::vector<std::string> problems;  // sentences about what could not be read, for a person
    std::string text_preview;
    bool operator==(const Mail&) const = default;
};

}  // namespace lapx::schema::intake
