-- Lists in the order of the customers' newest messages: of all tickets, of those that somebody may be waiting for, of those
-- in a status, and of those that somebody (or nobody) is in charge of, whose name is compared without regard to capitals.
CREATE INDEX ticket_by_customer_message ON ticket (COALESCE(last_customer_message_at, created_at), ticket_id);
CREATE INDEX ticket_open_by_customer_message ON ticket
    ((CASE WHEN status_category IN ('new', 'open') THEN 1 END), COALESCE(last_customer_message_at, created_at), ticket_id);
CREATE INDEX ticket_by_status_and_customer_message ON ticket
    (status_category, COALESCE(last_customer_message_at, created_at), ticket_id);
CREATE INDEX ticket_by_assignee_and_customer_message ON ticket
    (LOWER(COALESCE(assignee, '')), COALESCE(last_customer_message_at, created_at), ticket_id);
-- The last ones in the order of tickets.
CREATE INDEX ticket_by_assignee ON ticket (LOWER(COALESCE(assignee, '')), ticket_id);
