#include "tools/lapx/form.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "config/entries.hpp"
#include "schema/base/address.hpp"
#include "schema/base/text.hpp"
#include "schema/codec/item_text.hpp"
#include "schema/notes/referral.hpp"
#include "schema/notes/values.hpp"
#include "tools/lapx/proforma.hpp"
#include "tools/lapx/text.hpp"

namespace lapx::cli {
namespace {

using config::Entry;
using config::TextAt;
using nlohmann::json;
using schema::Label;

using Texts = std::vector<std::string>;

constexpr std::size_t kWidth = 98;

// What a list of texts or one text says.
Texts texts_of(const json& object, const char* key) {
    const json value = object.value(key, json());
    Texts out;
    for (const json& each : value.is_array() ? value : json::array({value})) {
        if (each.is_string()) {
            out.push_back(each.get<std::string>());
        }
    }
    return out;
}

std::map<std::string, Texts> items_of(const json& referral) {
    std::map<std::string, Texts> out;
    for (const json& item : referral.value("items", json::array())) {
        out[plain(item, "label")].push_back(plain(item, "value"));
    }
    return out;
}

// One line as comments, a few words each. What came from outside is escaped before.
std::string comment(const std::string& text) {
    std::string out;
    std::string line = "#";
    for (const std::string_view word : split(text, ' ')) {
        if (line.size() + 1 + word.size() > kWidth && line != "#") {
            out += line + "\n";
            line = "#";
        }
        line += " " + std::string(word);
    }
    return out + line + "\n";
}

std::string setting(const std::string& key, const std::string& value) {
    return key + " = " + value + "\n";
}

// Each way a condition may be given, or an example of what it may be.
struct Condition {
    const char* key;
    const char* words;
    const char* example;
};

std::string print_handling(const json& handling) {
    constexpr auto kConditions = std::to_array<Condition>({
        {"tlp", "CLEAR, GREEN, AMBER, AMBER+STRICT or RED: who may read it", "AMBER"},
        {"pap", "CLEAR, GREEN, AMBER or RED: what may be done with it", "AMBER"},
        {"uses", "intelligence, administrative, civil, criminal, judicial-evidence", ""},
        {"onward", "may they pass it on: none, ask, or agencies joined by commas", "ask"},
        {"until", "a time or a day: when all this ends", "2027-01-31"},
        {"attribution", "whom they name as the source", "OPTA"},
        {"resale", "no: they may not sell it on", "no"},
    });
    std::string out = "[handling]\n";
    for (const auto& [key, words, example] : kConditions) {
        out += comment(words);
        const Texts texts = std::string_view(key) == "resale"
                                ? (handling.value("no_resale", false) ? Texts{"no"} : Texts{})
                                : texts_of(handling, key);
        if (std::string_view(key) == "uses") {
            out += setting(key, config::print_texts(texts));
        } else {
            out += texts.empty() ? "# " + setting(key, config::print_text(example))
                                 : setting(key, config::print_text(texts.front()));
        }
    }
    return out;
}

std::string print_item(Label label, const Texts& values, std::optional<schema::Kind> kind) {
    std::vector<std::string> lines = explain(label, kind);
    if (values.empty() && can_be_typed(label)) {
        lines.pop_back();  // the example stands where the value would
    }
    std::string out = "\n";
    for (const std::string& line : lines) {
        out += comment(line);
    }
    const std::string name(schema::word_of(label));
    const bool repeats = schema::template_row(label).repeats;
    if (!can_be_typed(label)) {
        for (const std::string& value : values) {
            out += comment("Here: " + escape(value));
        }
        return out;
    }
    if (!values.empty()) {
        return out +
               setting(name, repeats ? config::print_texts(values) : config::print_text(values[0]));
    }
    const std::string example = config::print_text(help_of(label).example);
    return out + "# " + setting(name, repeats ? "[" + example + "]" : example);
}

tl::unexpected<Error> wrong(const std::string& at, const Error& error, const std::string& what) {
    return fail(error.code == Code::kItemMalformed ? Code::kInvalidArgument : error.code,
                at + what);
}

// Reads one form, beside the referral as it is.
class FormReader {
  public:
    explicit FormReader(const json& referral)
        : referral_(referral),
          handling_(referral.value("handling", json::object())),
          items_(items_of(referral)) {}

    Result<void> read(const Entry& entry) {
        if (entry.table == "items") {
            return read_item(entry);
        }
        if (entry.table == "handling") {
            return read_condition(entry);
        }
        if (entry.table.empty() && (entry.key == "to" || entry.key == "kind")) {
            return read_head(entry);
        }
        return unknown(entry);
    }

    // The changes, once all is read.
    json changes() {
        for (const auto& [label, values] : items_) {
            const auto known = schema::from_word<Label>(label);
            if (known && can_be_typed(*known) && seen_.count(label) == 0) {
                body_["unset"].push_back(label);
            }
        }
        for (const char* key : {"until", "attribution"}) {
            if (seen_.count(key) == 0 && !texts_of(handling_, key).empty()) {
                body_[key] = "";
            }
        }
        if (seen_.count("resale") == 0 && handling_.value("no_resale", false)) {
            body_["no_resale"] = false;
        }
        return std::move(body_);
    }

  private:
    static tl::unexpected<Error> unknown(const Entry& entry) {
        const std::string table = entry.table.empty() ? "" : " in [" + escape(entry.table) + "]";
        return fail(entry.table == "items" ? Code::kUnknownItem : Code::kInvalidArgument,
                    entry.at + "there is nothing called " + escape(entry.key) + table);
    }

    static Result<void> one_text(const Entry& entry) {
        return entry.is_list || entry.texts.size() != 1
                   ? fail(Code::kInvalidArgument, entry.at + entry.key + " is one text, no list")
                   : Result<void>{};
    }

    // Every text that is new must be one that `parse` takes.
    template <typename Parse>
    static Result<Texts> checked(const Entry& entry, const Texts& before, const char* form,
                                 Parse&& parse) {
        Texts out;
        for (const TextAt& text : entry.texts) {
            const bool same = std::find(before.begin(), before.end(), text.text) != before.end();
            if (!same) {
                const auto good = parse(text.text);
                if (!good) {
                    return wrong(text.at, good.error(), entry.key + " is: " + form);
                }
            }
            out.push_back(text.text);
        }
        return out;
    }

    template <typename Parse>
    Result<void> take_text(const Entry& entry, const json& now, const char* form, Parse&& parse) {
        LAPX_TRY(one_text(entry));
        const Texts before = texts_of(now, entry.key.c_str());
        LAPX_TRY_ASSIGN(const Texts texts, checked(entry, before, form, parse));
        if (texts != before) {
            body_[entry.key] = texts.front();
        }
        return {};
    }

    template <typename Parse>
    Result<void> take_list(const Entry& entry, const json& now, const char* form, Parse&& parse) {
        const Texts before = texts_of(now, entry.key.c_str());
        LAPX_TRY_ASSIGN(const Texts texts, checked(entry, before, form, parse));
        if (texts != before) {
            body_[entry.key] = texts;
        }
        return {};
    }

    Result<void> read_head(const Entry& entry) {
        if (entry.key == "to") {
            return take_list(entry, referral_, "DESK@AGENCY", Desk::parse);
        }
        return take_text(entry, referral_,
                         "information, assistance, action, preservation or urgent",
                         schema::from_word<schema::Kind>);
    }

    Result<void> read_condition(const Entry& entry) {
        const auto moment = [](const std::string& text) -> Result<void> {
            return schema::date_from(text) || time_from(text) ? Result<void>{}
                                                              : fail(Code::kInvalidArgument);
        };
        seen_.insert(entry.key);
        if (entry.key == "tlp") {
            return take_text(entry, handling_, "CLEAR, GREEN, AMBER, AMBER+STRICT or RED",
                             schema::from_word<schema::Tlp>);
        }
        if (entry.key == "pap") {
            return take_text(entry, handling_, "CLEAR, GREEN, AMBER or RED",
                             schema::from_word<schema::Pap>);
        }
        if (entry.key == "uses") {
            return take_list(entry, handling_,
                             "intelligence, administrative, civil, criminal, judicial-evidence",
                             schema::from_word<schema::Use>);
        }
        if (entry.key == "onward") {
            return take_text(entry, handling_, "none, ask, or agencies joined by commas",
                             schema::onward_from);
        }
        if (entry.key == "until") {
            return take_text(entry, handling_, "a TIME or DAY", moment);
        }
        if (entry.key == "attribution") {
            return take_text(entry, handling_, "one line", schema::text_from);
        }
        if (entry.key != "resale") {
            return unknown(entry);
        }
        LAPX_TRY(one_text(entry));
        if (entry.texts.front().text != "no") {
            return fail(Code::kInvalidArgument, entry.texts.front().at + "resale is: no");
        }
        if (!handling_.value("no_resale", false)) {
            body_["no_resale"] = true;
        }
        return {};
    }

    Result<void> read_item(const Entry& entry) {
        const auto label = schema::from_word<Label>(entry.key);
        if (!label || !can_be_typed(*label)) {
            return unknown(entry);
        }
        if (!schema::template_row(*label).repeats) {
            LAPX_TRY(one_text(entry));
        }
        const Texts& before = items_[entry.key];
        const std::string form(schema::item_form(*label));
        LAPX_TRY_ASSIGN(const Texts texts,
                        checked(entry, before, form.c_str(), [&](const std::string& text) {
                            return schema::item_from_text(*label, text);
                        }));
        if (!texts.empty()) {
            seen_.insert(entry.key);
        }
        if (!texts.empty() && texts != before) {
            body_["set"][entry.key] = texts;
        }
        return {};
    }

    const json& referral_;
    json handling_;
    std::map<std::string, Texts> items_;
    std::set<std::string> seen_;
    json body_ = json::object();
};

}  // namespace

std::string print_form(const json& referral) {
    const std::string kind = plain(referral, "kind");
    std::map<std::string, Texts> items = items_of(referral);
    std::string out = comment("Referral " + plain(referral, "referral") +
                              ". Take the # away to fill an item in; put one before it to take it "
                              "out. Save and close to apply.");
    if (const json returned = referral.value("returned", json()); returned.is_object()) {
        out += comment("Returned by " + plain(returned, "by") + ":");
        const std::string text = plain(returned, "text");
        for (const std::string_view line : split(text, '\n')) {
            out += comment(escape(line));
        }
    }
    out += "\n" + setting("to", config::print_texts(texts_of(referral, "to")));
    out += comment("information, assistance, action, preservation or urgent");
    out += setting("kind", config::print_text(kind)) + "\n";
    out += print_handling(referral.value("handling", json::object())) + "\n[items]\n";
    const auto known = schema::from_word<schema::Kind>(kind);
    for (const schema::TemplateRow& row : schema::template_rows()) {
        out += print_item(row.label, items[std::string(schema::word_of(row.label))],
                          known ? std::optional(*known) : std::nullopt);
    }
    return out;
}

Result<json> changes_in(std::string_view form, const json& referral) {
    LAPX_TRY_ASSIGN(const std::vector<Entry> entries, config::read_entries(form));
    FormReader reader(referral);
    for (const Entry& entry : entries) {
        LAPX_TRY(reader.read(entry));
    }
    return reader.changes();
}

}  // namespace lapx::cli
