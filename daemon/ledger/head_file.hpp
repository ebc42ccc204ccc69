#pragma once
// The newest checkpoint, kept outside the database so that a database that was set back or cut is
// noticed. It is written without a flush after each commit: it may lag behind the database, but
// never leads.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "schema/base/descriptor.hpp"
#include "schema/base/result.hpp"

namespace lapx::ledger {

class HeadFile {
  public:
    // Made (0600) if it is not there. Errors: kIo.
    static Result<HeadFile> open(const std::string& path);
    // What is in it; whether that is a checkpoint is for the reader to find out.
    Result<std::string> read() const;
    // A failure is no error, for then the file lags.
    void write(std::string_view note) const;

  private:
    explicit HeadFile(Descriptor file) : file_(std::move(file)) {}
    Descriptor file_;
};

}  // namespace lapx::ledger
