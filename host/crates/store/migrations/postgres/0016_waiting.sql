-- Lists in the order of the customers' newest messages: of all tickets, and of those that somebody may be waiting for.
CREATE INDEX ticket_by_customer_message ON ticket (COALESCE(last_customer_message_at, created_at), ticket_id);
CREATE INDEX ticket_open_by_customer_message ON ticket (COALESCE(last_customer_message_at, created_at), ticket_id)
    WHERE status_category IN ('new', 'open');
