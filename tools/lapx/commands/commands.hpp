#pragma once
// One function for each command: adds its options, gives what to run. Each file beside this one
// holds one verb.

#include "tools/lapx/app.hpp"

namespace lapx::cli {

Run define_init(CLI::App& app);
Run define_status(CLI::App& app);
Run define_doctor(CLI::App& app);
Run define_card_show(CLI::App& app);
Run define_card_renew(CLI::App& app);
Run define_key_rotate(CLI::App& app);
Run define_contact_add(CLI::App& app);
Run define_contact_list(CLI::App& app);
Run define_contact_verify(CLI::App& app);
Run define_contact_vouch(CLI::App& app);
Run define_contact_suspend(CLI::App& app);
Run define_contact_remove(CLI::App& app);
Run define_roster_make(CLI::App& app);
Run define_roster_show(CLI::App& app);
Run define_roster_verify(CLI::App& app);
Run define_roster_diff(CLI::App& app);
Run define_file(CLI::App& app);
Run define_drafts(CLI::App& app);
Run define_edit(CLI::App& app);
Run define_withhold(CLI::App& app);
Run define_redact(CLI::App& app);
Run define_supplement(CLI::App& app);
Run define_correct(CLI::App& app);
Run define_withdraw(CLI::App& app);
Run define_clarify(CLI::App& app);
Run define_answer(CLI::App& app);
Run define_disclose(CLI::App& app);
Run define_forward(CLI::App& app);
Run define_acknowledge(CLI::App& app);
Run define_consent_ask(CLI::App& app);
Run define_consent_grant(CLI::App& app);
Run define_consent_refuse(CLI::App& app);
Run define_recall(CLI::App& app);
Run define_due(CLI::App& app);
Run define_erase(CLI::App& app);
Run define_events(CLI::App& app);
Run define_hold(CLI::App& app);
Run define_preview(CLI::App& app);
Run define_policy_check(CLI::App& app);
Run define_policy_why(CLI::App& app);
Run define_approve(CLI::App& app);
Run define_return(CLI::App& app);
Run define_send(CLI::App& app);
Run define_cancel(CLI::App& app);
Run define_discard(CLI::App& app);
Run define_standing_add(CLI::App& app);
Run define_standing_list(CLI::App& app);
Run define_standing_end(CLI::App& app);
Run define_inbox(CLI::App& app);
Run define_outbox(CLI::App& app);
Run define_show(CLI::App& app);
Run define_restrict(CLI::App& app);
Run define_exhibit_fetch(CLI::App& app);
Run define_exhibit_get(CLI::App& app);
Run define_parcel_export(CLI::App& app);
Run define_parcel_import(CLI::App& app);
Run define_metrics(CLI::App& app);
Run define_relay(CLI::App& app);
Run define_why(CLI::App& app);
Run define_ledger_head(CLI::App& app);
Run define_ledger_verify(CLI::App& app);
Run define_ledger_prove(CLI::App& app);
Run define_ledger_export(CLI::App& app);
Run define_audit(CLI::App& app);
Run define_audit_check(CLI::App& app);
Run define_audit_sample(CLI::App& app);
Run define_verify(CLI::App& app);
Run define_summary(CLI::App& app);
Run define_list_reasons(CLI::App& app);
Run define_list_items(CLI::App& app);
Run define_list_kinds(CLI::App& app);

// What a person is shown of their own card, notice and keys.
std::string own_card_text(const nlohmann::json& card);

}  // namespace lapx::cli
