#include <CLI/CLI.hpp>

#include "schema/codec/item_text.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/proforma.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

Exit show(Context& context, json items,
          std::initializer_list<std::pair<const char*, const char*>> columns) {
    const std::string table = context.table(table_of(items, columns));
    return context.done({{"items", std::move(items)}, {"next", nullptr}}, table);
}

json item_json(schema::Label label) {
    const schema::TemplateRow& row = schema::template_row(label);
    return {{"item", schema::word_of(label)},
            {"class", schema::word_of(row.default_class)},
            {"repeats", row.repeats},
            {"mandatory_for", mandatory_for(label)},
            {"meaning", meaning_of(label)},
            {"why", help_of(label).why},
            {"form", can_be_typed(label) ? schema::item_form(label) : ""},
            {"example", help_of(label).example}};
}

}  // namespace

Run define_list_reasons(CLI::App&) {
    return [](Context& context) -> Result<Exit> {
        json items = json::array();
        for (const auto& row : schema::words<schema::Reason>()) {
            items.push_back({{"reason", row.word},
                             {"category", schema::word_of(schema::category_of(row.value))},
                             {"meaning", row.meaning}});
        }
        return show(context, std::move(items),
                    {{"REASON", "reason"}, {"CATEGORY", "category"}, {"MEANING", "meaning"}});
    };
}

Run define_list_items(CLI::App& app) {
    const auto only = std::make_shared<std::string>();
    app.add_option("ITEM", *only, "Explain this one");
    return [only](Context& context) -> Result<Exit> {
        if (!only->empty()) {
            LAPX_TRY_ASSIGN(const schema::Label label, schema::from_word<schema::Label>(*only));
            std::string text;
            for (const std::string& line : explain(label, std::nullopt)) {
                text += line + "\n";
            }
            return context.done(item_json(label), text);
        }
        json items = json::array();
        for (const schema::TemplateRow& row : schema::template_rows()) {
            items.push_back(item_json(row.label));
        }
        return show(context, std::move(items),
                    {{"ITEM", "item"},
                     {"CLASS", "class"},
                     {"REPEATS", "repeats"},
                     {"MEANING", "meaning"},
                     {"MANDATORY FOR", "mandatory_for"}});
    };
}

Run define_list_kinds(CLI::App&) {
    return [](Context& context) -> Result<Exit> {
        json items = json::array();
        for (const auto& row : schema::words<schema::Kind>()) {
            items.push_back({{"kind", row.word}, {"meaning", row.meaning}});
        }
        return show(context, std::move(items), {{"KIND", "kind"}, {"MEANING", "meaning"}});
    };
}

}  // namespace lapx::cli
