#include "daemon/intake/propose.hpp"

#include <algorithm>

#include "schema/base/text.hpp"

namespace lapx::intake {
namespace {

using schema::Indicator;
using schema::IndicatorType;
using schema::Label;
using schema::intake::Mail;

// Of indicators, for each label. A parcel holds 192 KiB, and each item has some 100 octets around
// it.
constexpr std::size_t kMaxIndicators = 64;
constexpr std::size_t kMaxIndicatorOctets = std::size_t{32} * 1024;
constexpr std::size_t kMaxVia = 5;

// Indicators of one label, without repeats, as many as fit.
class Indicators {
  public:
    void add(Indicator indicator) {
        const bool known = std::any_of(all_.begin(), all_.end(), [&](const Indicator& each) {
            return each.type == indicator.type && each.value == indicator.value;
        });
        if (known || indicator.value.empty()) {
            return;
        }
        if (all_.size() == kMaxIndicators ||
            octets_ + indicator.value.size() > kMaxIndicatorOctets) {
            ++left_out_;
            return;
        }
        octets_ += indicator.value.size();
        all_.push_back(std::move(indicator));
    }
    void add(IndicatorType type, const std::string& value) { add({type, value, {}, {}}); }

    std::size_t left_out() const { return left_out_; }
    void move_to(Label label, std::vector<ProposedItem>& out) {
        for (Indicator& indicator : all_) {
            out.push_back({label, std::move(indicator)});
        }
    }

  private:
    std::vector<Indicator> all_;
    std::size_t octets_ = 0;
    std::size_t left_out_ = 0;
};

// When it reached the last server that says so; else what the mail says of itself.
std::optional<Time> time_seen(const Mail& mail) {
    for (const schema::intake::Hop& hop : mail.received) {
        if (hop.at) {
            return hop.at;
        }
    }
    if (mail.carrier && mail.carrier->feedback && mail.carrier->feedback->arrival) {
        return mail.carrier->feedback->arrival;
    }
    return mail.date;
}

std::string counted(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// A subject that names a recipient stays out: facts may be shared, complainants may not.
bool names_recipient(const Mail& mail) {
    return std::any_of(mail.recipients.begin(), mail.recipients.end(),
                       [&](const std::string& address) {
                           return mail.subject.find(address) != std::string::npos;
                       });
}

std::string facts(const Mail& mail, std::size_t left_out) {
    std::string out = "E-mail";
    if (!mail.subject.empty() && !names_recipient(mail)) {
        out += " with the subject \"" + mail.subject + "\"";
    }
    out += ", " + counted(mail.urls.size(), "link") + ", " +
           counted(mail.attachments.size(), "attachment");
    std::vector<std::string> via;
    for (const schema::intake::Hop& hop : mail.received) {
        if (!hop.ip.empty() && via.size() < kMaxVia &&
            std::find(via.begin(), via.end(), hop.ip) == via.end()) {
            via.push_back(hop.ip);
        }
    }
    out += via.empty() ? "." : ", received via " + join(via, ", ") + ".";
    if (mail.carrier && mail.carrier->feedback) {
        const std::string& type = mail.carrier->feedback->type;
        out += " Reported by a feedback loop" + (type.empty() ? "" : " as \"" + type + "\"") + ".";
    }
    if (left_out > 0) {
        out += " " + counted(left_out, "further indicator") + " not listed; see the exhibit.";
    }
    return out;
}

void add_indicators(const Mail& mail, Indicators& open, Indicators& personal) {
    for (const schema::intake::Url& url : mail.urls) {
        (url.personal ? personal : open).add(IndicatorType::kUrl, url.url);
    }
    for (const schema::intake::IpSeen& seen : mail.ips) {
        open.add({IndicatorType::kIp, seen.ip, seen.port, seen.at});
    }
    open.add(IndicatorType::kMessageId, mail.message_id);
    for (const std::string& domain : mail.domains) {
        open.add(IndicatorType::kDomain, domain);
    }
    if (mail.carrier && mail.carrier->feedback) {
        for (const std::string& url : mail.carrier->feedback->reported_urls) {
            open.add(IndicatorType::kUrl, url);
        }
        for (const std::string& domain : mail.carrier->feedback->reported_domains) {
            open.add(IndicatorType::kDomain, domain);
        }
    }
    for (const schema::intake::Attachment& file : mail.attachments) {
        open.add(IndicatorType::kFileSha256, file.sha256);
    }
    for (const schema::intake::HeaderAddress& sender : mail.mail_addresses) {
        personal.add(IndicatorType::kMailAddress, sender.address);
    }
}

schema::Exhibit exhibit(const Acquisition& acquisition) {
    schema::Exhibit out;
    out.name = acquisition.name;
    out.media_type = "message/rfc822";
    out.size = acquisition.size;
    out.sha256 = acquisition.sha256;
    out.acquired_by = acquisition.by;
    out.acquired_at = acquisition.at;
    out.acquired_where = acquisition.where;
    out.acquired_how = acquisition.how;
    out.tool = acquisition.tool;
    return out;
}

}  // namespace

std::vector<ProposedItem> propose_items(const Mail& mail, const Acquisition& acquisition) {
    Indicators open;
    Indicators personal;
    add_indicators(mail, open, personal);
    std::vector<ProposedItem> out;
    out.push_back(
        {Label::kFacts, schema::Text{facts(mail, open.left_out() + personal.left_out())}});
    if (const auto seen = time_seen(mail)) {
        out.push_back({Label::kSeen, schema::Seen{seen, seen, schema::Precision::kSecond}});
    }
    if (mail.carrier && mail.carrier->feedback && mail.carrier->feedback->incidents) {
        schema::Scale scale;
        scale.messages = mail.carrier->feedback->incidents;
        out.push_back({Label::kScale, scale});
    }
    open.move_to(Label::kIndicator, out);
    personal.move_to(Label::kIndicatorPersonal, out);
    out.push_back({Label::kExhibit, exhibit(acquisition)});
    std::erase_if(out, [](const ProposedItem& item) { return !schema::check_value(item.value); });
    return out;
}

}  // namespace lapx::intake
