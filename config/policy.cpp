#include "config/policy.hpp"

#include <algorithm>
#include <set>

#include "config/file.hpp"
#include "config/table.hpp"
#include "config/words.hpp"
#include "schema/notes/values.hpp"

namespace lapx::config {
namespace {

using schema::ItemClass;
using schema::Label;

constexpr std::string_view kOctets = "exhibit-octets";
constexpr std::size_t kMaxRules = 1000;
constexpr std::chrono::hours kMaxDelay{24};

template <typename E>
Result<E> word_from(const toml::node& node, const std::string& text, std::string_view what) {
    const auto value = schema::from_word<E>(text);
    if (!value) {
        return invalid(node, "unknown " + std::string(what) + " \"" + escape(text) + "\"");
    }
    return *value;
}

// A list of which each text stands for a value.
template <typename T, typename Parse>
Result<std::vector<T>> get_all(const toml::table& table, std::string_view key, const Parse& parse) {
    LAPX_TRY_ASSIGN(const auto texts, get_list(table, key));
    const toml::node* node = table.get(key);
    if (node != nullptr && texts.empty()) {
        return invalid(*node,
                       std::string(key) + " is empty: leave it out where it does not matter");
    }
    std::vector<T> out;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const toml::node& where = node->is_array() ? *node->as_array()->get(i) : *node;
        LAPX_TRY_ASSIGN(T value, parse(where, texts[i]));
        out.push_back(std::move(value));
    }
    return out;
}

template <typename E>
Result<std::vector<E>> get_vocabulary(const toml::table& table, std::string_view key,
                                      std::string_view what = {}) {
    return get_all<E>(table, key, [&](const toml::node& node, const std::string& text) {
        return word_from<E>(node, text, what.empty() ? key : what);
    });
}

Result<std::string> country_from(const toml::node& node, const std::string& text) {
    if (!schema::is_country(text)) {
        return invalid(node, "\"" + escape(text) + "\" is not two capital letters");
    }
    return text;
}

Result<Agency> agency_from(const toml::node& node, const std::string& text) {
    auto agency = Agency::parse(text);
    return agency ? agency : invalid(node, "\"" + escape(text) + "\" is no agency");
}

Result<Desk> desk_from(const toml::node& node, const std::string& text) {
    auto desk = Desk::parse(text);
    return desk ? desk : invalid(node, "\"" + escape(text) + "\" is not DESK@AGENCY");
}

Result<void> read_matches(const toml::table& table, Rule& rule) {
    LAPX_TRY_ASSIGN(rule.classes, get_vocabulary<ItemClass>(table, "class"));
    LAPX_TRY_ASSIGN(rule.items, get_vocabulary<Label>(table, "item"));
    LAPX_TRY_ASSIGN(rule.sectors, get_vocabulary<schema::Sector>(table, "sector"));
    LAPX_TRY_ASSIGN(rule.countries, get_all<std::string>(table, "country", country_from));
    LAPX_TRY_ASSIGN(rule.agencies, get_all<Agency>(table, "agency", agency_from));
    LAPX_TRY_ASSIGN(rule.desks, get_all<Desk>(table, "desk", desk_from));
    LAPX_TRY_ASSIGN(rule.trust, get_vocabulary<schema::TrustState>(table, "trust"));
    LAPX_TRY_ASSIGN(rule.kinds, get_vocabulary<schema::Kind>(table, "kind"));
    LAPX_TRY_ASSIGN(rule.tlp, get_vocabulary<schema::Tlp>(table, "tlp"));
    LAPX_TRY_ASSIGN(rule.pap, get_vocabulary<schema::Pap>(table, "pap"));
    if (rule.classes.empty() && rule.items.empty()) {
        return invalid(table, "a rule names a class or an item");
    }
    return {};
}

Result<void> read_outcome(const toml::table& table, Rule& rule) {
    LAPX_TRY_ASSIGN(const std::string decide, require_line(table, "decide"));
    const auto known = value_of(kDecides, decide);
    if (!known) {
        return invalid(*table.get("decide"), "decide must be one of share, ask, never");
    }
    rule.decide = *known;
    const bool privileged = std::find(rule.classes.begin(), rule.classes.end(),
                                      ItemClass::kPrivileged) != rule.classes.end();
    if (privileged && rule.decide != Decide::kNever) {
        return invalid(*table.get("decide"), "PV never leaves");
    }
    if (rule.decide == Decide::kShare) {
        for (const char* key : {"reason", "show"}) {
            if (const toml::node* node = table.get(key)) {
                return invalid(*node, std::string(key) + " says nothing of what is shared");
            }
        }
        return {};
    }
    LAPX_TRY_ASSIGN(const std::string reason, require_line(table, "reason"));
    LAPX_TRY_ASSIGN(rule.reason, word_from<schema::Reason>(*table.get("reason"), reason, "reason"));
    LAPX_TRY_ASSIGN(const std::string shown, require_line(table, "show"));
    LAPX_TRY_ASSIGN(rule.shown, word_from<schema::Shown>(*table.get("show"), shown, "level"));
    return {};
}

Result<void> read_four_eyes(const toml::table& table, Rule& rule) {
    LAPX_TRY_ASSIGN(const auto four_eyes, get<bool>(table, "four_eyes"));
    if (four_eyes && rule.decide == Decide::kNever) {
        return invalid(*table.get("four_eyes"), "four_eyes says nothing of what never goes");
    }
    rule.four_eyes = four_eyes.value_or(false);
    return {};
}

Result<Rule> read_rule(const toml::table& table) {
    LAPX_TRY(only(table, {"name", "class", "item", "sector", "country", "agency", "desk", "trust",
                          "kind", "tlp", "pap", "decide", "reason", "show", "four_eyes"}));
    Rule rule;
    LAPX_TRY_ASSIGN(rule.name, require_line(table, "name"));
    LAPX_TRY(read_matches(table, rule));
    LAPX_TRY(read_outcome(table, rule));
    LAPX_TRY(read_four_eyes(table, rule));
    return rule;
}

Result<std::vector<Rule>> read_rules(const toml::table& root) {
    std::vector<Rule> out;
    const toml::node* node = root.get("rule");
    if (node == nullptr) {
        return out;
    }
    if (!node->is_array()) {
        return invalid(*node, "rule must be a list of tables: [[rule]]");
    }
    std::set<std::string> names;
    for (const toml::node& element : *node->as_array()) {
        if (!element.is_table()) {
            return invalid(element, "rule must be a list of tables: [[rule]]");
        }
        LAPX_TRY_ASSIGN(Rule rule, read_rule(*element.as_table()));
        if (!names.insert(rule.name).second) {
            return invalid(element, "two rules have this name");
        }
        if (out.size() == kMaxRules) {
            return invalid(element, "more than 1000 rules");
        }
        out.push_back(std::move(rule));
    }
    return out;
}

Result<void> read_classes(const toml::table& root, DisclosurePolicy& policy) {
    for (const schema::TemplateRow& row : schema::template_rows()) {
        policy.classes.push_back({row.default_class});
    }
    policy.octets = {ItemClass::kConfidential};
    LAPX_TRY_ASSIGN(const toml::table* table, section(root, "classes"));
    for (const auto& [key, node] : *table) {
        LAPX_TRY_ASSIGN(auto classes, get_vocabulary<ItemClass>(*table, key.str(), "class"));
        if (key.str() == kOctets) {
            policy.octets = std::move(classes);
            continue;
        }
        const auto label = schema::from_word<Label>(key.str());
        if (!label) {
            return fail(Code::kConfigInvalid,
                        at(key.source().begin) + "unknown item \"" + escape(key.str()) + "\"");
        }
        auto& of_label = policy.classes[static_cast<std::size_t>(*label) - 1];
        const bool privileged = of_label.front() == ItemClass::kPrivileged;
        of_label = std::move(classes);
        if (privileged &&
            std::find(of_label.begin(), of_label.end(), ItemClass::kPrivileged) == of_label.end()) {
            return invalid(node, "this item is PV, whatever else it is");
        }
    }
    return {};
}

// "90s", "10m", "2h".
Result<std::chrono::seconds> read_delay(const toml::table& root) {
    LAPX_TRY_ASSIGN(const auto text, get<std::string>(root, "release_delay"));
    if (!text) {
        return std::chrono::seconds{0};
    }
    const std::string_view digits(text->data(), text->empty() ? 0 : text->size() - 1);
    const auto count = number_from(digits);
    const char unit = text->empty() ? ' ' : text->back();
    const std::uint64_t seconds = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : 0;
    const auto most = static_cast<std::uint64_t>(std::chrono::seconds(kMaxDelay).count());
    if (!count || *count == 0 || seconds == 0 || *count > most / seconds) {
        return invalid(*root.get("release_delay"),
                       "release_delay is like \"90s\", \"10m\" or \"2h\", at most 24 hours");
    }
    return std::chrono::seconds{*count * seconds};
}

}  // namespace

std::string condition_text(const Rule& rule) {
    std::string out;
    const auto add = [&](std::string_view key, const auto& values, const auto& text_of) {
        std::vector<std::string> texts;
        texts.reserve(values.size());
        for (const auto& value : values) {
            texts.emplace_back(text_of(value));
        }
        if (!texts.empty()) {
            out += (out.empty() ? "" : "; ") + std::string(key) + " " + join(texts, ", ");
        }
    };
    const auto word = [](auto value) { return schema::word_of(value); };
    const auto text = [](const auto& value) { return value.text(); };
    add("sector", rule.sectors, word);
    add("country", rule.countries, [](const std::string& country) { return country; });
    add("agency", rule.agencies, text);
    add("desk", rule.desks, text);
    add("trust", rule.trust, word);
    add("kind", rule.kinds, word);
    add("tlp", rule.tlp, word);
    add("pap", rule.pap, word);
    return out.empty() ? "always" : out;
}

std::string_view to_string(Decide decide) { return word(kDecides, decide); }

const std::vector<ItemClass>& DisclosurePolicy::classes_of(Label label) const {
    return classes[static_cast<std::size_t>(label) - 1];
}

Result<DisclosurePolicy> parse_policy(std::string_view text) {
    LAPX_TRY_ASSIGN(const toml::table root, parse_toml(text));
    LAPX_TRY(only(root, {"release_delay", "classes", "rule"}));
    DisclosurePolicy policy;
    policy.text = text;
    LAPX_TRY_ASSIGN(policy.release_delay, read_delay(root));
    LAPX_TRY(read_classes(root, policy));
    LAPX_TRY_ASSIGN(policy.rules, read_rules(root));
    return policy;
}

Result<DisclosurePolicy> load_policy(const std::filesystem::path& path) {
    const auto text = read_private_file(path);
    if (!text && text.error().code == Code::kNotFound) {
        return parse_policy(builtin_policy());
    }
    if (!text) {
        return tl::unexpected<Error>(text.error());
    }
    auto policy = parse_policy(*text);
    if (!policy) {
        return fail(policy.error().code, path.string() + ": " + policy.error().context);
    }
    return policy;
}

}  // namespace lapx::config
