#include <gtest/gtest.h>

#include "keys/init.hpp"

namespace lapx::keys {
namespace {

class Started : public testing::Environment {
  public:
    void SetUp() override { ASSERT_TRUE(initialize()); }
};

const testing::Environment* const kStarted = testing::AddGlobalTestEnvironment(new Started);

}  // namespace
}  // namespace lapx::keys
