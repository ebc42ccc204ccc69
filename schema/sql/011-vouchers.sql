-- Who says of whom that this is its root, as last said (protocol.md 3.9).
CREATE TABLE voucher (
    agency TEXT NOT NULL,
    voucher TEXT NOT NULL,
    note BLOB NOT NULL,
    PRIMARY KEY (agency, voucher)
) STRICT, WITHOUT ROWID;
