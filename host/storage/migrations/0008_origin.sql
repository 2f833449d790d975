-- Where a message comes from, as `message.sent` tells it: `api`, `plugin:<id>`. NULL where nobody said so.
ALTER TABLE send_journal ADD COLUMN origin TEXT;
