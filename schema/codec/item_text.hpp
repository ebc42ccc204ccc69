#pragma once
// Items as a person types and reads them. These words are for the command line and for display;
// nothing is signed over them.
//
//     purpose, facts, legal-advice   any text
//     officer                        NAME[; POSITION[; PHONE[; MAIL]]]
//     addressees                     DESK@AGENCY,…
//     legal-basis                    own=LAW, LAW; abroad=LAW; instrument=X; similar
//     conduct                        CLASS:TYPE [CHANNEL]
//     seen                           FIRST[/LAST] [PRECISION]      times or days
//     jurisdictions                  origin=NL hosting=US victims=NL,BE
//     scale                          complaints=12 messages=3000 victims=7 loss=1200.00EUR
//     estimated indicator, indicator-personal  TYPE VALUE [port=N] [at=TIME] party, suspect ROLE;
//     NAME[; IDENTIFIER, …] [; country=NL] [; confidence=low] complainant                    NAME[;
//     MAIL[; PHONE[; COUNTRY[; REFERENCE]]]] custodian                      ORGANISATION; HOLDS[;
//     TIME or DAY of log expiry] preservation                   DATA; NECESSITY[; formal]
//     assistance                     [N] WHAT [; STATUS]
//     inquiry                        prior|other; AGENCY; REFERENCE; TEXT
//     urgency                        LEVEL [reply-by=TIME] [REASON]
//     secrecy                        subject isp press [; WHY], or none [; WHY]
//     grading                        B2
//     provenance                     PARTNER[; REFERENCE[; TERMS]]
//     data-protection                BASIS [destroy-by=DAY] [TEXT]

#include <string>
#include <string_view>

#include "schema/codec/items.hpp"

namespace lapx::schema {

// One line, or a few, not yet escaped. Empty for Absent.
std::string describe_item(const ItemValue& value);

// The value passes check_value and fits the label. An exhibit cannot be typed. Errors:
// kInvalidArgument, with the form expected as context and none of the text.
Result<ItemValue> item_from_text(Label label, std::string_view text);

}  // namespace lapx::schema
