#include "tools/lapx/proforma.hpp"

#include <array>

#include "schema/base/text.hpp"
#include "schema/codec/item_text.hpp"
#include "schema/notes/values.hpp"

namespace lapx::cli {
namespace {

using schema::Label;

constexpr auto kHelp = std::to_array<ItemHelp>({
    {Label::kOfficer,
     "They can ring somebody who knows the case. Personal data: it goes only if you disclose it.",
     "Ada Lovelace; Investigator; +31 70 000 0000; ada@opta.example"},
    {Label::kAddressees,
     "Your own record of who got it; one recipient is not told of another. It follows `to`.", ""},
    {Label::kLegalBasis,
     "They may act only on what their law knows, and must tell a court what yours was.",
     "own=Telecommunications Act 11.7; abroad=Spam Act 2003 s 16; similar"},
    {Label::kPurpose, "It says what they may use the referral for, and what you hope they do.",
     "Take the page down and tell us who paid for the domain"},
    {Label::kFacts, "They decide on this alone whether the case is one for them.",
     "Mails in the name of a bank lead to a page that asks for credentials."},
    {Label::kConduct, "It puts the case with the right people, and counts it in the statistics.",
     "fraud:phishing smtp"},
    {Label::kSeen, "Logs are kept for weeks: it tells them which ones to look at, and how soon.",
     "2026-11-20T08:15:00Z/2026-11-21T18:30:00Z minute"},
    {Label::kJurisdictions, "It shows whose law and whose providers are concerned.",
     "origin=US hosting=NL victims=NL,BE"},
    {Label::kScale, "Enforcement is a matter of priorities: numbers decide which case is taken up.",
     "complaints=412 messages=96000 victims=31 loss=1200.00EUR estimated"},
    {Label::kIndicator, "They find the same thing in their own logs, and can have it blocked.",
     "ip 203.0.113.66 port=443 at=2026-11-21T18:30:00Z"},
    {Label::kIndicatorPersonal,
     "An address or number of a person can lead to others in the case. Personal data: it goes only "
     "if you disclose it.",
     "mail j.doe@mail.example"},
    {Label::kParty,
     "A name often is that of a victim: say whose machine or name was abused, so that nobody takes "
     "them for the offender.",
     "spoofed-victim; Example Bank; bank.example; country=NL; confidence=high"},
    {Label::kSuspect, "They may know the suspect from cases of their own.",
     "suspect; J. Doe; +1 202 555 0100, doe@mail.example; country=US; confidence=low"},
    {Label::kComplainant, "A court may want to hear who complained. It stays here by default.",
     "B. Witness; b.witness@mail.example; ; NL; 2026-4711"},
    {Label::kCustodian, "Whoever holds the data must be asked before it expires.",
     "Hosting BV; access log of the web server; 2026-12-05"},
    {Label::kPreservation, "A provider keeps data only for a reason, and not for ever.",
     "subscriber and access logs of 203.0.113.66; they expire in two weeks; formal"},
    {Label::kAssistance, "Each thing that you ask for is answered on its own.",
     "who registered account-check.example"},
    {Label::kInquiry, "It saves them from asking again, and from disturbing other proceedings.",
     "prior; FTC; 2026-88; asked for the registrant"},
    {Label::kUrgency, "It starts their clock, and tells them why it may not wait.",
     "urgent reply-by=2026-11-22T12:00:00Z the page is live"},
    {Label::kSecrecy, "An alerted suspect destroys evidence: say whom they must not tell.",
     "do not alert subject press; a search is planned"},
    {Label::kExhibit,
     "It shows what the evidence is and that nobody altered it. `lapx file` makes it from the "
     "mail.",
     ""},
    {Label::kGrading, "They weigh what they cannot check themselves.", "B2"},
    {Label::kProvenance, "A partner's terms bind whoever gets its data.",
     "Abuse Desk Inc; 77-2026; attribution, no resale"},
    {Label::kDataProtection, "With personal data, the law asks for a basis and an end.",
     "public-task destroy-by=2027-11-21 Telecommunications Act 18.7"},
    {Label::kLegalAdvice, "It belongs to the file, so that an auditor finds it. It is never sent.",
     "Counsel: no objection to sharing under article 15.3"},
    {Label::kRedacted,
     "They learn as much of what is withheld as may be told. `lapx redact` makes it.", ""},
});

static_assert([] {
    for (std::size_t i = 0; i < kHelp.size(); ++i) {
        if (kHelp[i].label != static_cast<Label>(i + 1)) {
            return false;
        }
    }
    return kHelp.back().label == Label::kRedacted;
}());

std::string asked_for(Label label, std::optional<schema::Kind> kind) {
    const std::vector<std::string> kinds = mandatory_for(label);
    if (label == Label::kDataProtection) {
        return "mandatory with personal data";
    }
    if (kind && schema::is_mandatory(label, *kind)) {
        return "mandatory";
    }
    if (kind || kinds.empty()) {
        return "optional";
    }
    return "mandatory for " + join(kinds, ", ");
}

}  // namespace

const ItemHelp& help_of(Label label) { return kHelp.at(static_cast<std::size_t>(label) - 1); }

std::string_view meaning_of(Label label) {
    return schema::words<Label>()[static_cast<std::size_t>(label) - 1].meaning;
}

bool can_be_typed(Label label) {
    return label != Label::kAddressees && !schema::item_form(label).empty();
}

std::vector<std::string> mandatory_for(Label label) {
    std::vector<std::string> out;
    for (const auto& kind : schema::words<schema::Kind>()) {
        if (schema::is_mandatory(label, kind.value)) {
            out.emplace_back(kind.word);
        }
    }
    return out;
}

std::vector<std::string> explain(Label label, std::optional<schema::Kind> kind) {
    const schema::TemplateRow& row = schema::template_row(label);
    const auto classes = schema::words<schema::ItemClass>();
    const auto& item_class = classes[static_cast<std::size_t>(row.default_class) - 1];
    std::vector<std::string> out{
        std::string(schema::word_of(label)) + ": " + std::string(meaning_of(label)) + " (" +
            asked_for(label, kind) + (row.repeats ? ", repeats" : "") + "; " +
            std::string(item_class.word) + ", " + std::string(item_class.meaning) + ")",
        std::string(help_of(label).why)};
    if (can_be_typed(label)) {
        out.push_back("Form: " + std::string(schema::item_form(label)));
        out.push_back("E.g.: " + std::string(help_of(label).example));
    }
    return out;
}

std::string usual_answer(Label label, Time now) {
    return label == Label::kSeen ? schema::date_text(std::chrono::floor<std::chrono::days>(now))
                                 : "";
}

}  // namespace lapx::cli
