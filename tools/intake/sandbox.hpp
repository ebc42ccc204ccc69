#pragma once
// What the child that parses a mail may not do.

namespace lapx::tools::intake {

// No core dump, wherever it would go, and no other program may look in. Children inherit it.
bool hide_memory();

// Call in the child, before it sees an octet of the mail: no files beyond a few descriptors, no
// growth of files, no core dump, a bound on memory and on processor time, no new privileges, and no
// descriptor but `keep`. False if any of it failed.
bool enter_sandbox(int keep);

}  // namespace lapx::tools::intake
