-- What the oldest messages of a session said, for a model whose window no longer takes them (docs/models.md): their
-- summary, and the seq of the last message that it stands for. Of the row, so that a turn reads it with the session and
-- whoever deletes the session deletes it.
alter table ${schema}.sessions
  add column summary text check (char_length(summary) between 1 and 65536),
  add column summary_through int check (summary_through > 0),
  add constraint sessions_summary_is_whole check ((summary is null) = (summary_through is null));
