-- The rows of a large ledger. `wanted` has one row: the present in ms, and the number of exchanges and of incidents. Half of the
-- exchanges began within the last 8 h, the others within two years. Two incidents are open. The same input gives the same rows.

CREATE TEMP TABLE numbers AS
WITH RECURSIVE counted (n) AS (
    SELECT 1 UNION ALL SELECT n + 1 FROM counted, wanted WHERE n < max(exchanges, incidents)
)
SELECT n FROM counted;
CREATE TEMP TABLE providers AS
    SELECT column1 AS number, column2 AS name FROM (VALUES (0, 'lead'), (1, 'second'), (2, 'third'), (3, 'fourth'));

-- One of 20 requests fails at its primary. `fate`: 0 to 2 a fallback answers, 3 it is parked, 4 it is lost.
CREATE TEMP TABLE drawn AS
SELECT n,
       CASE WHEN n <= exchanges / 2
            THEN now - 28800000 - (exchanges / 2 - n) * (63072000000 / (exchanges / 2))
            ELSE now - 28800000 + (n - exchanges / 2) * 28800000 / (exchanges - exchanges / 2)
       END AS started_at,
       p.name AS provider, q.name AS fallback,
       (n * 7919) % 20 = 0 AS fails, (n * 104729) / 20 % 5 AS fate,
       400 + (n * 15485863) % 9000 AS total_ms
  FROM numbers, wanted
  JOIN providers p ON p.number = n % 4
  JOIN providers q ON q.number = (n + 1) % 4
 WHERE n <= exchanges;

INSERT INTO exchanges (id, started_at, client, session, dialect, route, model, streamed, rehearsal, pipeline, item,
                       primary_provider, primary_endpoint, primary_model, ended, detail, status, total_ms, ttft_ms, cost,
                       carried, restarts, shown_early, passed_over, request_id, parked)
SELECT n, started_at, iif(n % 3 = 0, 'n8n', 'Claude Code'), 's-' || (n / 20), iif(n % 3 = 0, 'openai-chat', 'anthropic'),
       iif(n % 3 = 0, 'leads', 'agents'), provider || '-large', n % 2, 0,
       iif(n % 3 = 0, 'pipeline-' || (n % 7), NULL), iif(n % 3 = 0, 'item-' || (n / 6), NULL),
       provider, provider || '-api', provider || '-large',
       iif(fails AND fate >= 3, 'exhausted', 'complete'), iif(fails AND fate >= 3, 'overloaded_error', NULL),
       iif(fails AND fate >= 3, 529, 200), total_ms, iif(fails AND fate >= 3, NULL, 200 + total_ms / 10),
       iif(fails AND fate >= 3, NULL, 1000 + n % 9000), fails AND fate < 3, 0, 0, NULL,
       'r' || printf('%07x', n), iif(fails AND fate = 3, printf('%016x', n), NULL)
  FROM drawn;

INSERT INTO attempts (exchange, number, provider, endpoint, model, started_ms, total_ms, ttft_ms, status, outcome,
                      provider_failed, detail, stop_reason, input_tokens, output_tokens, cache_read_tokens,
                      cache_write_tokens, cost, price_as_of, tokens_estimated, by_subscription, spoken, left_out)
SELECT n, 1, provider, provider || '-api', provider || '-large', 3, total_ms / 2, iif(fails, NULL, 200 + total_ms / 10),
       iif(fails, 529, 200), iif(fails, 'failed', 'complete'), fails, iif(fails, 'overloaded_error', NULL),
       iif(fails, NULL, 'end_turn'), 1200, 300, 6000, 10, iif(fails, 0, 1000 + n % 9000), '2026-06-01', n % 50 = 0, 0, NULL, NULL
  FROM drawn
UNION ALL
SELECT n, 2, fallback, fallback || '-api', fallback || '-large', total_ms / 2, total_ms / 2, 200, 200, 'complete', 0, NULL,
       'end_turn', 1200, 300, 0, 0, 2000, '2026-06-01', 0, 0, NULL, NULL
  FROM drawn WHERE fails AND fate < 3;

INSERT INTO review_items (id, state, first_at, last_at, failures, client, session, dialect, route, model, streamed, pipeline, item,
                          why, status, headers, size, body, closed_at)
SELECT printf('%016x', n), iif(n % 4 = 0 AND 5 * n > 4 * exchanges, 'open', 'answered'), started_at, started_at, 1, 'n8n', NULL, 'openai-chat',
       'leads', provider || '-large', 0, iif(n % 3 = 0, 'pipeline-' || (n % 7), NULL),
       iif(n % 3 = 0, 'item-' || (n / 6), NULL), 'No provider could answer.', 529, '', 2000, zeroblob(2000),
       iif(n % 4 = 0 AND 5 * n > 4 * exchanges, NULL, started_at + 600000)
  FROM drawn, wanted WHERE fails AND fate = 3;

-- One of 40 incidents opened within the last 8 h, and took up to 4 h: the longer, the more requests a list must not count.
INSERT INTO incidents (id, provider, opened_at, closed_at, level, peak, past, page_id, title, url, blame, evidence)
SELECT n, p.name,
       CASE WHEN n <= incidents - incidents / 40
            THEN now - 28800000 - (incidents - incidents / 40 - n) * (63072000000 / incidents)
            ELSE now - 28800000 + (n - incidents + incidents / 40) * 28000000 / (incidents / 40)
       END,
       CASE WHEN n <= incidents - incidents / 40
            THEN now - 28800000 - (incidents - incidents / 40 - n) * (63072000000 / incidents) + 600000
            ELSE min(now, now - 28800000 + (n - incidents + incidents / 40) * 28000000 / (incidents / 40) + 14400000)
       END,
       'operational', iif(n % 2, 'major_outage', 'degraded'), n % 3 = 0, iif(n % 3 = 0, 'page-' || n, NULL),
       iif(n % 3 = 0, 'Elevated errors', NULL), NULL, 'them', 'It is them.'
  FROM numbers, wanted JOIN providers p ON p.number = n % 4
 WHERE n <= incidents;
INSERT INTO incidents (provider, opened_at, level, peak, past, blame, evidence)
SELECT 'third', now - 1800000, 'major_outage', 'major_outage', 0, 'them', 'It is them.' FROM wanted
UNION ALL
SELECT 'fourth', now - 27000000, 'degraded', 'major_outage', 0, 'them', 'It is them.' FROM wanted;

INSERT INTO timeline (incident, at, level, said, source)
SELECT id, opened_at + step.n * 60000, CASE step.n WHEN 0 THEN peak WHEN 1 THEN 'degraded' WHEN 3 THEN level END,
       'An entry of the incident.', iif(step.n = 2, 'status_page', 'understudy')
  FROM incidents, numbers step WHERE step.n < 4;
INSERT INTO notices (at, kind, thread, title, body, urgency, incident, outcome)
SELECT opened_at, 'outage', provider, provider || ' is down', 'It is them.', 'critical', id, 'shown' FROM incidents;
INSERT INTO observations (at, source, provider, subject, said, ttft_ms)
SELECT now - n * 20000, iif(n % 2, 'page', 'traffic'), p.name, 'api', iif(n % 30 = 0, 'failed', 'ok'), 200
  FROM numbers, wanted JOIN providers p ON p.number = n % 4 WHERE n <= exchanges / 2;
INSERT INTO probes (at, provider, endpoint, model, outcome, ttft_ms, total_ms, input_tokens, output_tokens,
                    cache_read_tokens, cache_write_tokens, cost, price_as_of)
SELECT now - n * 900000, p.name, p.name || '-api', p.name || '-small', iif(n % 40 = 0, 'silent', 'complete'), 200,
       400 + n % 900, 5, 1, 0, 0, 40, '2026-06-01'
  FROM numbers, wanted JOIN providers p ON p.number = n % 4 WHERE n <= exchanges / 4;
INSERT INTO interruptions (client, session, model, provider, first_at, last_at, times, ended)
SELECT 'Claude Code', session, model, primary_provider, started_at, started_at, 1, 'exhausted'
  FROM exchanges WHERE ended = 'exhausted' AND id % 2;
INSERT INTO delivered_calls (interruption, number, call, name) SELECT id, 1, 'toolu_' || id, 'Bash' FROM interruptions;
DROP TABLE drawn;
DROP TABLE providers;
DROP TABLE numbers;
