#pragma once
// What a policy may ask about somebody to whom a referral goes.

#include <string>

#include "schema/base/address.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::model {

struct Addressee {
    Desk desk;
    schema::Sector sector;
    std::string country;  // ISO 3166-1 alpha-2
    schema::TrustState trust;
};

}  // namespace lapx::model
