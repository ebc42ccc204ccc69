#include <CLI/CLI.hpp>

#include "schema/vocabulary.hpp"
#include "tools/lapx/commands/commands.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

Exit show(Context& context, json items,
          std::initializer_list<std::pair<const char*, const char*>> columns) {
    const std::string table = context.table(table_of(items, columns));
    return context.done({{"items", std::move(items)}, {"next", nullptr}}, table);
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

Run define_list_items(CLI::App&) {
    return [](Context& context) -> Result<Exit> {
        json items = json::array();
        for (const schema::TemplateRow& row : schema::template_rows()) {
            json mandatory = json::array();
            for (const auto& kind : schema::words<schema::Kind>()) {
                if (schema::is_mandatory(row.label, kind.value)) {
                    mandatory.push_back(kind.word);
                }
            }
            const auto labels = schema::words<schema::Label>();
            items.push_back({{"item", schema::word_of(row.label)},
                             {"class", schema::word_of(row.default_class)},
                             {"repeats", row.repeats},
                             {"mandatory_for", std::move(mandatory)},
                             {"meaning", labels[static_cast<std::size_t>(row.label) - 1].meaning}});
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
