"""Every scenario, one module each, in the order they run: the limit and the rivals first, then ours."""

from benchmarks.bench import Scenario

SCENARIOS = (
    Scenario("raw", "raw_postgresql", "limit: one-row INSERT per commit at 1, 16 and 64 clients, and COPY"),
    Scenario("eventsourcing", "rival_eventsourcing", "rival: the stock Application and its PostgreSQL recorder"),
    Scenario("umadb", "rival_umadb", "rival: the umadb server, one event an append, 64 clients"),
    Scenario("one_customer", "one_customer", "64 callers in one process deduct from one customer"),
    Scenario("many_customers", "many_customers", "64 callers in one process deduct from 10,000 customers"),
    Scenario("http", "http", "track, check and batch_track over HTTP at 32 connections"),
    Scenario("attach", "attach", "attach, preview_attach and update over HTTP at 16 connections"),
    Scenario("wide_customer", "wide_customer", "check on a customer with 200 entities, 50 balances, 100,000 events"),
    Scenario("renewals", "renewals", "40,000 customers that fall due in one hour, and one worker"),
    Scenario("reads", "reads", "an auditor's lists, timelines, past, analytics and exports among 100,000 customers"),
    Scenario("dashboard", "dashboard", "pages of the dashboard among 100,000 customers, and what Chromium paints when"),
    Scenario("two_servers", "two_servers", "check at one server while another one tracks"),
    Scenario("disk", "disk", "bytes on disk per tracked event"),
    Scenario("growth", "growth", "throughput while the events table grows from 0 to 2 million rows"),
    Scenario("replay", "replay", "fold, rebuild and verify at 100,000 and 2,000,000 events, with peak memory"),
)
