#include <CLI/CLI.hpp>

#include "config/policy.hpp"
#include "keys/domains.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/files.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxPolicy = 65536;

// Without a file: that of the home, or the built-in one.
Result<config::DisclosurePolicy> policy_from(const Context& context, const std::string& file) {
    if (file.empty()) {
        return config::load_policy(context.home() / "disclosure.toml");
    }
    LAPX_TRY_ASSIGN(const Bytes octets, read_file(file, kMaxPolicy));
    auto policy = config::parse_policy(as_text(octets));
    if (!policy) {
        return fail(policy.error().code, file + ": " + policy.error().context);
    }
    return policy;
}

bool speaks_of(const config::Rule& rule, schema::ItemClass item_class, schema::Label label) {
    const auto holds = [](const auto& wanted, auto value) {
        return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
    };
    return holds(rule.classes, item_class) && holds(rule.items, label);
}

// The rules that are asked about one class of an item, up to the one that always decides.
json rules_json(const config::DisclosurePolicy& policy, schema::ItemClass item_class,
                schema::Label label) {
    json out = json::array();
    const auto add = [&](const json& rule, const std::string& when, config::Decide decide,
                         bool four_eyes) {
        out.push_back({{"class", schema::word_of(item_class)},
                       {"rule", rule},
                       {"when", when},
                       {"decide", config::to_string(decide)},
                       {"four_eyes", four_eyes}});
    };
    if (item_class == schema::ItemClass::kPrivileged) {
        add(nullptr, "always", config::Decide::kNever, false);
        return out;
    }
    for (const config::Rule& rule : policy.rules) {
        if (speaks_of(rule, item_class, label)) {
            const std::string when = config::condition_text(rule);
            add(rule.name, when, rule.decide, rule.four_eyes);
            if (when == "always") {
                return out;
            }
        }
    }
    add(nullptr, "otherwise", config::Decide::kNever, false);
    return out;
}

json explain(const config::DisclosurePolicy& policy) {
    json items = json::array();
    for (const schema::TemplateRow& row : schema::template_rows()) {
        json classes = json::array();
        json rules = json::array();
        for (const schema::ItemClass item_class : policy.classes_of(row.label)) {
            classes.push_back(schema::word_of(item_class));
            for (json& rule : rules_json(policy, item_class, row.label)) {
                rules.push_back(std::move(rule));
            }
        }
        items.push_back({{"item", schema::word_of(row.label)},
                         {"classes", std::move(classes)},
                         {"rules", std::move(rules)}});
    }
    return {{"ok", true},
            {"policy", to_string(keys::digest_of<PolicyDigest>(policy.text))},
            {"release_delay", policy.release_delay.count()},
            {"items", std::move(items)}};
}

// "share", or "share, four eyes".
std::string decision_text(const json& rule) {
    return plain(rule, "decide") + (plain(rule, "four_eyes") == "yes" ? ", four eyes" : "");
}

std::string explanation_text(const json& explained, const Context& context) {
    Table table{{"ITEM", "CLASS", "DECIDES", "WHEN", "RULE"}, {}};
    for (const json& item : explained.at("items")) {
        for (const json& rule : item.at("rules")) {
            const std::string name = plain(rule, "rule");
            table.rows.push_back({plain(item, "item"), plain(rule, "class"), decision_text(rule),
                                  plain(rule, "when"), name.empty() ? "(built in)" : name});
        }
    }
    const std::string delay = plain(explained, "release_delay");
    return fields({{"Policy", plain(explained, "policy")},
                   {"Release delay", delay == "0" ? "none" : delay + " s"}}) +
           "\n" + context.table(table);
}

std::string why_text(const json& why, const Context& context) {
    std::string text = fields({{"Referral", plain(why, "referral")},
                               {"Item", plain(why, "item") + " " + plain(why, "label")},
                               {"To", plain(why, "to")},
                               {"Policy", plain(why, "policy")},
                               {"Disposition", plain(why, "disposition")},
                               {"Reason", plain(why, "reason")},
                               {"Shown", plain(why, "shown")},
                               {"Decided by", plain(why, "decider")}});
    Table table{{"CLASS", "DECIDES", "WHEN", "RULE"}, {}};
    for (const json& finding : why.at("findings")) {
        const std::string name = plain(finding, "rule");
        table.rows.push_back({plain(finding, "class"), decision_text(finding),
                              plain(finding, "when"),
                              name.empty() ? "(no rule: it stays here)" : name});
    }
    return text + "\n" + context.table(table);
}

}  // namespace

Run define_policy_check(CLI::App& app) {
    const auto file = std::make_shared<std::string>();
    app.add_option("FILE", *file, "A disclosure.toml (default: the home's, or the built-in one)");
    return [file](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const config::DisclosurePolicy policy, policy_from(context, *file));
        const json explained = explain(policy);
        return context.done(explained, explanation_text(explained, context));
    };
}

Run define_policy_why(CLI::App& app) {
    const auto id = add_referral(app);
    const auto item = std::make_shared<std::string>();
    const auto desk = std::make_shared<std::string>();
    app.add_option("ITEM", *item, "An item: its number, or a label such as indicator:2")
        ->required();
    app.add_option("--as", *desk, "The recipient, e.g. spam@acma.example")->required();
    return [id, item, desk](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json why, context.get(api_path({"referrals", *id, "policy"}),
                                                    {{"as", *desk}, {"item", *item}}));
        return context.done(why, why_text(why, context));
    };
}

}  // namespace lapx::cli
