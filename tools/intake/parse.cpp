#include "tools/intake/parse.hpp"

#include <algorithm>
#include <unordered_set>

#include "schema/base/bytes.hpp"
#include "schema/base/text.hpp"
#include "schema/intake/limits.hpp"
#include "tools/intake/feedback.hpp"
#include "tools/intake/gmime.hpp"
#include "tools/intake/links.hpp"
#include "tools/intake/prescan.hpp"
#include "tools/intake/received.hpp"
#include "tools/intake/safe_text.hpp"

namespace lapx::tools::intake {
namespace {

namespace format = schema::intake;

// Decoded text that is searched for links, in all.
constexpr std::size_t kTextBudget = std::size_t{4} << 20;
constexpr std::size_t kMaxFeedback = std::size_t{64} * 1024;

// One of everything that ordinary mail has.
constexpr std::string_view kWarmUp =
    "Received: from a.example ([192.0.2.1]) by b.example; Sat, 21 Nov 2026 08:14:03 +0000\n"
    "From: =?iso-8859-1?Q?a?= <a@a.example>\nTo: g: b@b.example;\nSubject: =?utf-8?B?YQ==?=\n"
    "Date: Sat, 21 Nov 2026 08:14:03 +0000\nMessage-ID: <a@a.example>\nMIME-Version: 1.0\n"
    "Content-Type: multipart/mixed; boundary=a\n\n"
    "--a\nContent-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: "
    "quoted-printable\n\n<p>a</p>\n"
    "--a\nContent-Type: image/png; name=\"a.png\"\nContent-Disposition: attachment\n"
    "Content-Transfer-Encoding: base64\n\nYQ==\n"
    "--a\nContent-Type: message/rfc822\n\nTo: a@a.example\n\na\n--a--\n";

// The message that is the evidence, and what carried it.
struct Evidence {
    GMimeMessage* message = nullptr;
    Owned<GMimeMessage> headers_only = {};  // owns `message` where only its header was sent along
    std::optional<format::Feedback> feedback = {};
    bool embedded = false;
};

bool looks_like_mail(GMimeMessage* message) {
    return message != nullptr &&
           (!field(message, "Received").empty() ||
            (!field(message, "From").empty() &&
             (!field(message, "Date").empty() || !field(message, "Subject").empty())));
}

Evidence find_evidence(GMimeMessage* outer) {
    Evidence out{.message = outer};
    each_leaf(g_mime_message_get_mime_part(outer), [&](GMimeObject* part) {
        const std::string type = media_type(part);
        if (GMIME_IS_MESSAGE_PART(part) && !out.embedded) {
            GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part));
            if (looks_like_mail(inner)) {
                out.message = inner;
                out.embedded = true;
            }
        } else if (GMIME_IS_PART(part) && type == "message/feedback-report") {
            out.feedback = read_feedback(decoded(GMIME_PART(part), kMaxFeedback), read_date);
        } else if (GMIME_IS_PART(part) && type.starts_with("text/rfc822-header") && !out.embedded) {
            Owned<GMimeMessage> inner = read_message(decoded(GMIME_PART(part), kMaxHeader));
            if (looks_like_mail(inner.get())) {
                out.headers_only = std::move(inner);
                out.message = out.headers_only.get();
                out.embedded = true;
            }
        }
    });
    return out;
}

// Collects what one mail says into a Mail.
class Extractor {
  public:
    explicit Extractor(GMimeMessage* message) : message_(message) {}

    void problem(const std::string& text) {
        std::vector<std::string>& all = mail_.problems;
        if (all.size() < format::kMaxProblems &&
            std::find(all.begin(), all.end(), text) == all.end()) {
            all.push_back(text);
        }
    }

    void carrier(GMimeMessage* outer, std::optional<format::Feedback> feedback) {
        format::Carrier out;
        out.from = first_address(outer, "From");
        out.subject = subject_of(outer);
        out.message_id = message_id_of(outer);
        out.feedback = std::move(feedback);
        if (out.feedback && !out.feedback->source_ip.empty()) {
            add_ip(out.feedback->source_ip, out.feedback->source_port, out.feedback->arrival);
        }
        add_personal(outer);
        mail_.carrier = std::move(out);
    }

    format::Mail extract() {
        header();
        if (!each_leaf(g_mime_message_get_mime_part(message_),
                       [this](GMimeObject* part) { leaf(part); })) {
            problem("some parts are nested too deeply or are too many, and were not read");
        }
        mail_.text_preview = clean_text(plain_.empty() ? visible_ : plain_, format::kMaxPreview);
        links();
        return std::move(mail_);
    }

  private:
    static format::Address first_address(GMimeMessage* message, const char* name) {
        std::vector<format::Address> all = read_addresses(field(message, name), 1);
        return all.empty() ? format::Address{} : std::move(all.front());
    }

    static std::string subject_of(GMimeMessage* message) {
        const char* subject = g_mime_message_get_subject(message);
        return clean_line(subject == nullptr ? "" : subject, format::kMaxLine);
    }

    static std::string message_id_of(GMimeMessage* message) {
        std::string id = field(message, "Message-ID");
        if (const std::size_t open = id.find('<'); open != std::string::npos) {
            id = id.substr(open + 1, id.find('>', open) - open - 1);
        }
        return clean_line(id, format::kMaxLine);
    }

    void header() {
        mail_.subject = subject_of(message_);
        mail_.from = first_address(message_, "From");
        mail_.message_id = message_id_of(message_);
        mail_.date_raw = clean_line(field(message_, "Date"), format::kMaxLine);
        mail_.date = read_date(mail_.date_raw);
        if (!mail_.date && !mail_.date_raw.empty()) {
            problem("the date cannot be read, or is before the year 2000");
        }
        recipients();
        received();
        for (const char* name : {"From", "Reply-To", "Return-Path", "Sender"}) {
            for (const format::Address& address : read_addresses(field(message_, name), 5)) {
                if (mail_.mail_addresses.size() < format::kMaxMailAddresses &&
                    address.address.find('@') != std::string::npos) {
                    mail_.mail_addresses.push_back({name, address.address});
                }
            }
        }
        for (const char* name : {"X-Originating-IP", "X-Sender-IP", "X-Source-IP"}) {
            const ReceivedField value = read_received("from x (" + field(message_, name) + ")");
            add_ip(value.ip, std::nullopt, std::nullopt);
        }
        for (const std::string& value :
             fields(message_, "Authentication-Results", format::kMaxAuthenticationResults)) {
            mail_.authentication_results.push_back(clean_line(value, format::kMaxLine));
        }
    }

    void recipients() {
        std::vector<format::Address> all;
        for (InternetAddressList* list :
             {g_mime_message_get_to(message_), g_mime_message_get_cc(message_),
              g_mime_message_get_bcc(message_)}) {
            mail_.recipient_count += add_addresses(list, format::kMaxRecipients, all);
        }
        std::unordered_set<std::string> seen;
        for (const format::Address& address : all) {
            if (seen.insert(address.address).second) {
                mail_.recipients.push_back(address.address);
            }
        }
        add_personal(message_);
    }

    // Addresses by which a link can be traced to who complained.
    void add_personal(GMimeMessage* message) {
        for (const char* name : {"To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"}) {
            for (const format::Address& address : read_addresses(field(message, name), 20)) {
                if (address.address.find('@') != std::string::npos) {
                    personal_.insert(to_lower(address.address));
                }
            }
        }
    }

    void received() {
        const std::vector<std::string> all = fields(message_, "Received", format::kMaxHops + 1);
        for (const std::string& value : all) {
            if (mail_.received.size() == format::kMaxHops) {
                problem("there are more than 100 Received fields; the oldest were not read");
                break;
            }
            ReceivedField hop = read_received(value);
            const auto at = read_date(hop.date);
            add_ip(hop.ip, std::nullopt, at);
            mail_.received.push_back(
                {std::move(hop.from), std::move(hop.by), std::move(hop.ip), at});
        }
    }

    void add_ip(const std::string& ip, std::optional<std::uint16_t> port, std::optional<Time> at) {
        const bool known = std::any_of(mail_.ips.begin(), mail_.ips.end(),
                                       [&](const format::IpSeen& seen) { return seen.ip == ip; });
        if (!known && is_public_ip(ip) && mail_.ips.size() < format::kMaxIps) {
            mail_.ips.push_back({ip, port, at});
        }
    }

    void leaf(GMimeObject* part) {
        const std::string type = media_type(part);
        if (!GMIME_IS_PART(part)) {
            problem("a message inside the message was not looked into");
            return;
        }
        GMimePart* leaf = GMIME_PART(part);
        const bool html = type == "text/html";
        const bool text = html || type == "text/plain";
        const char* name = g_mime_part_get_filename(leaf);
        if (text) {
            read_text(leaf, html);
        }
        if (!text || name != nullptr || g_mime_part_is_attachment(leaf)) {
            attachment(leaf, type, name == nullptr ? "" : name);
        }
    }

    void read_text(GMimePart* part, bool html) {
        if (budget_ == 0) {
            problem("the text is longer than 4 MiB; the rest was not searched for links");
            return;
        }
        bool clean = true;
        const std::string text = decoded_text(part, budget_, clean);
        budget_ -= std::min(budget_, text.size());
        if (!clean) {
            problem("a text is in an unknown character set");
        }
        if (html) {
            const std::string visible = links_.scan_html(text);
            visible_ = visible_.empty() ? visible : visible_;
        } else {
            links_.scan_text(text);
            plain_ = plain_.empty() ? text : plain_;
        }
    }

    void attachment(GMimePart* part, const std::string& type, const std::string& raw_name) {
        if (mail_.attachments.size() == format::kMaxAttachments) {
            problem("there are more than 100 attachments; the last were not listed");
            return;
        }
        bool suspicious = false;
        std::string name = safe_file_name(raw_name, suspicious);
        if (suspicious) {
            problem("a file name held folders or hidden characters");
        }
        if (name.empty()) {
            name = "part-" + std::to_string(mail_.attachments.size() + 1);
        }
        Measured measured = measure(part);
        mail_.attachments.push_back(
            {std::move(name), type, measured.size, std::move(measured.sha256)});
    }

    bool is_personal(const std::string& url) const {
        const std::string lower = to_lower(url);
        return std::any_of(personal_.begin(), personal_.end(), [&](const std::string& address) {
            const std::size_t at = address.find('@');
            const std::string encoded = address.substr(0, at) + "%40" + address.substr(at + 1);
            std::string in_base64 = base64(as_bytes(address));
            // The last group changes with what follows the address.
            in_base64.resize(address.size() / 3 * 4);
            return lower.find(address) != std::string::npos ||
                   lower.find(encoded) != std::string::npos ||
                   url.find(in_base64) != std::string::npos;
        });
    }

    void add_domain(const std::string& name) {
        const std::vector<std::string>& all = mail_.domains;
        if (all.size() < format::kMaxDomains && !name.empty() &&
            std::find(all.begin(), all.end(), name) == all.end()) {
            mail_.domains.push_back(name);
        }
    }

    void links() {
        for (const std::string& url : links_.urls()) {
            mail_.urls.push_back({url, is_personal(url)});
            if (const auto host = host_of(url); host && host->is_ip) {
                add_ip(host->name, host->port, std::nullopt);
            } else if (host) {
                add_domain(host->name);
            }
        }
        for (const format::HeaderAddress& sender : mail_.mail_addresses) {
            const std::string domain = sender.address.substr(sender.address.rfind('@') + 1);
            if (const auto host = host_of("mail://" + domain); host && !host->is_ip) {
                add_domain(host->name);
            }
        }
        if (links_.left_out()) {
            problem("some links were left out: there are more than 200, or one is too long");
        }
    }

    GMimeMessage* message_;
    format::Mail mail_;
    LinkFinder links_;
    std::unordered_set<std::string> personal_;
    std::size_t budget_ = kTextBudget;
    std::string plain_;    // the first text/plain part
    std::string visible_;  // what the first text/html part shows
};

}  // namespace

void init_parser() {
    g_mime_init();
    // GMime sets up each of its classes on first use. A child that finds that done in its parent
    // takes half the time.
    static_cast<void>(parse_mail(kWarmUp));
}

Result<format::Mail> parse_mail(std::string_view octets) {
    LAPX_TRY_ASSIGN(Prescan scan, prescan(octets));
    std::string with_line_feeds;
    if (scan.lone_carriage_returns) {
        with_line_feeds = octets;
        std::replace(with_line_feeds.begin(), with_line_feeds.end(), '\r', '\n');
        LAPX_TRY_ASSIGN(scan, prescan(with_line_feeds));
    }
    const Owned<GMimeMessage> outer = read_message(scan.message);
    if (!outer) {
        return fail(Code::kIntakeRefused, "this is not an e-mail");
    }
    Evidence evidence = find_evidence(outer.get());
    Extractor extractor(evidence.message);
    if (scan.more_messages) {
        extractor.problem("the file holds several messages; only the first was read");
    }
    if (!with_line_feeds.empty()) {
        extractor.problem("lines end in carriage returns alone");
    }
    if (evidence.embedded || evidence.feedback) {
        extractor.carrier(outer.get(), std::move(evidence.feedback));
    }
    return extractor.extract();
}

}  // namespace lapx::tools::intake
