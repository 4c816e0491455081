//! The list of all promises.

use futures::FutureExt as _;

use super::{Case, border, commits, customers, messages, plugins, queue, runs, tickets, versions, words};

macro_rules! list {
    ($($module:ident { $($case:ident),+ $(,)? })+) => {
        /// All promises.
        pub const CASES: &[Case] = &[$($(
            Case {
                name: concat!(stringify!($module), "::", stringify!($case)),
                run: |store| async move { $module::$case(&store).await }.boxed(),
            },
        )+)+];
    };
}

list! {
    tickets {
        a_ticket_reads_back_as_written,
        a_stale_version_writes_nothing,
        a_merged_ticket_is_found_by_the_one_where_it_goes_on,
        words_of_a_merged_ticket_stay_until_those_of_the_other_one_may_go,
        what_is_recorded_of_a_merged_ticket_stays_while_the_other_one_is_on_hold,
        a_view_holds_what_was_said_on_merged_tickets_too,
        a_list_of_views_says_what_each_view_says,
        a_second_ticket_of_the_same_number_conflicts,
        ticket_numbers_are_given_once,
        filters_choose_what_they_say,
        who_waits_for_us_is_listed_by_the_customers_newest_message,
        pages_join_though_the_last_tickets_customer_wrote_meanwhile,
        whom_no_answer_reached_still_waits_and_who_was_erased_does_not,
        pages_join_without_gap_or_overlap,
        a_view_holds_the_requester_and_the_newest_fifty_messages,
        contacts_have_one_address_each,
        what_is_learnt_of_a_contact_leaves_everything_else_alone,
        an_address_in_another_spelling_takes_along_what_was_written_to_it,
    }
    messages {
        a_message_reads_back_with_its_attachments,
        a_message_of_no_ticket_is_refused,
        delivery_moves_only_from_the_expected_state,
        that_a_message_may_have_arrived_stays_until_somebody_knows,
        held_messages_are_listed_newest_first,
        messages_that_may_have_arrived_are_listed_newest_first,
        what_was_to_be_sent_of_a_forgotten_ticket_is_sent_no_more,
        message_ids_are_found_in_the_order_asked,
        automatic_messages_are_counted_as_the_gate_wants,
        events_keep_their_sequence,
        who_follows_the_feed_sees_an_event_that_was_decided_early_and_stored_late,
        text_with_a_nul_is_stored_without_it,
    }
    words {
        a_ticket_is_found_by_the_words_of_one_of_its_messages,
        marks_on_letters_and_a_sharp_s_make_no_difference,
        words_that_are_struck_or_erased_are_found_no_more,
        words_of_a_text_that_was_rolled_back_are_not_found,
        whatever_is_typed_is_looked_for_and_nothing_else_happens,
        pages_of_what_is_found_join_as_all_pages_do,
        what_else_is_asked_for_is_asked_before_hits_are_cut_off,
        only_the_beginning_of_a_very_long_text_is_looked_through,
    }
    customers {
        a_ticket_is_found_by_its_customers_name_and_the_beginning_of_their_address,
        a_name_that_is_learnt_is_found_and_one_that_goes_is_found_no_more,
    }
    runs {
        runs_read_back_whole,
        decisions_read_back_and_change,
        applied_changes_are_counted_by_digest,
        redactions_keep_their_digest_and_sealed_value,
        a_value_found_late_is_struck_out_of_the_records_of_its_ticket_alone,
    }
    border {
        intake_waits_is_held_and_is_done,
        an_outside_id_is_handled_once,
        a_request_about_somebody_erased_is_remembered_without_a_word,
        tags_and_who_was_in_charge_go_with_a_person,
        suppressed_addresses_are_listed_until_removed,
        audit_entries_form_one_chain,
        articles_change_their_version,
        what_an_article_was_confirmed_to_answer_is_kept_until_its_ticket_is_forgotten,
        an_answer_is_rated_only_as_it_was_read,
        vectors_are_kept_by_model_and_text,
        tokens_and_webhooks_read_back,
        a_session_stands_for_its_token_until_it_is_over,
        settings_keep_their_newest_value,
    }
    plugins {
        installations_change_and_go_with_all_they_have,
        a_quarantine_ends_only_for_whoever_saw_its_reason,
        components_are_kept_by_digest,
        values_are_kept_per_installation,
        a_value_made_of_one_that_changed_since_is_not_kept,
        a_schedule_fires_once_per_due_time,
        the_next_firing_is_set_only_by_who_read_it,
        a_schedule_is_busy_while_its_job_is_there,
    }
    versions {
        versions_change_and_the_newest_comes_first,
        a_component_goes_with_its_last_version,
        the_ledger_adds_up_over_shards_and_keeps_days_and_versions_apart,
        an_installation_takes_its_versions_and_its_ledger_with_it,
        many_writers_of_one_day_lose_nothing,
    }
    queue {
        jobs_of_a_lane_run_in_order_one_at_a_time,
        jobs_queued_in_one_commit_keep_their_order_lane_by_lane,
        different_lanes_run_side_by_side,
        the_longest_ready_lane_comes_first,
        a_job_waits_for_its_time,
        a_job_comes_earlier_only_while_it_waits_for_the_instant_that_was_named,
        a_lease_that_ran_out_is_taken_over_and_the_old_holder_is_stale,
        a_step_in_the_middle_of_a_job_is_taken_only_while_its_lane_is_held,
        a_lease_that_ran_out_cannot_be_finished_even_when_nobody_took_it,
        a_lane_that_went_and_came_again_has_a_newer_fence,
        a_retried_job_counts_and_waits,
        a_buried_job_lies_with_the_dead_and_the_lane_goes_on,
        a_dead_job_is_taken_away_once,
        a_cleared_lane_is_empty_and_its_holder_is_stale,
        a_lease_is_prolonged_only_by_its_holder,
        a_finished_job_is_not_finished_twice,
        a_stale_end_among_other_commits_leaves_the_lane_to_its_holder,
        the_state_of_the_queue_adds_up,
        work_wakes_those_who_wait,
        many_workers_never_hold_the_same_lane,
    }
    commits {
        a_commit_is_written_whole_or_not_at_all,
        one_bad_commit_leaves_its_neighbours_alone,
        of_many_writers_of_one_version_exactly_one_wins,
        audit_records_of_many_commits_stay_in_one_chain,
        finishing_and_queueing_in_one_commit_are_one,
    }
}
