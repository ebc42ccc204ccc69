#include "tools/lapx/guide.hpp"

#include <istream>
#include <utility>

#include "schema/codec/item_text.hpp"
#include "tools/lapx/proforma.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

// One value as its form has it; empty where the person gives none.
std::string ask_for(Context& context, schema::Label label, const std::string& question,
                    const std::string& otherwise) {
    while (true) {
        std::string text = context.ask(question, otherwise);
        if (!context.env().in) {
            return {};
        }
        if (text.empty() || schema::item_from_text(label, text)) {
            return text;
        }
        context.remark("That is not " + std::string(schema::item_form(label)) + ".");
    }
}

// All values of one item.
json answers_for(Context& context, schema::Label label) {
    context.remark("");
    for (const std::string& line : explain(label, std::nullopt)) {
        context.remark(line);
    }
    const std::string name(schema::word_of(label));
    json values = json::array();
    std::string text = ask_for(context, label, name, usual_answer(label, SystemClock().seconds()));
    while (!text.empty()) {
        values.push_back(std::exchange(text, {}));
        if (schema::template_row(label).repeats) {
            text = ask_for(context, label, name + ", another", {});
        }
    }
    return values;
}

}  // namespace

std::string missing_of(const json& draft) { return plain(draft, "missing"); }

Result<json> ask_for_missing(Context& context, json draft) {
    const std::string missing = missing_of(draft);
    if (missing.empty()) {
        return draft;
    }
    context.remark("A referral of the kind " + plain(draft, "kind") +
                   " needs more than it has: " + missing + ". Enter alone leaves one open.");
    json set = json::object();
    for (const json& name : draft["missing"]) {
        const auto label = schema::from_word<schema::Label>(plain(name));
        json values = label && can_be_typed(*label) && context.env().in
                          ? answers_for(context, *label)
                          : json::array();
        if (!values.empty()) {
            set[plain(name)] = std::move(values);
        }
    }
    if (set.empty()) {
        return draft;
    }
    return context.patch(api_path({"referrals", plain(draft, "referral")}), {{"set", set}});
}

}  // namespace lapx::cli
