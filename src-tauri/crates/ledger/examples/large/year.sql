-- A year of an agency: 150 incidents of three providers, and requests that are busiest on nine days with a long one. `wanted` has one
-- row: the present in ms, and the number of exchanges. Probes and readings of status pages are as often as by default, and as
-- thinned as the engine keeps them. The same input gives the same rows.

CREATE TEMP TABLE numbers AS
WITH RECURSIVE counted (n) AS (
    SELECT 1 UNION ALL SELECT n + 1 FROM counted, wanted WHERE n < max(exchanges, 211000)
)
SELECT n FROM counted;

-- Most take up to two hours, each 15th takes 8 h, and one takes 12 h.
CREATE TEMP TABLE outages AS
SELECT n, opened_at, opened_at + minutes * 60000 AS closed_at,
       CASE WHEN n % 5 < 3 THEN 'anthropic' WHEN n % 5 = 3 THEN 'openai' ELSE 'google' END AS provider
  FROM (SELECT n, now - 31536000000 + n * (31536000000 / 151) + ((n * 7919) % 97 - 48) * 600000 AS opened_at,
               CASE WHEN n = 75 THEN 720 WHEN n % 15 = 0 THEN 480 ELSE 8 + (n * 31) % 110 END AS minutes
          FROM numbers, wanted WHERE n <= 150);
CREATE INDEX temp.outages_by_number ON outages (n);
CREATE INDEX temp.outages_by_provider ON outages (provider, opened_at);

-- Seven of ten requests are spread over the year, the others over the nine days.
CREATE TEMP TABLE drawn AS
SELECT row_number() OVER (ORDER BY started_at, hash) AS n, started_at, provider, hash, hash / 7 % 10 AS fate, 400 + hash % 9000 AS total_ms,
       CASE provider WHEN 'anthropic' THEN 'openai' ELSE 'anthropic' END AS fallback,
       CASE provider WHEN 'anthropic' THEN 'claude-sonnet-4-5' WHEN 'openai' THEN 'gpt-6-sol' ELSE 'gemini-3-pro' END AS model,
       EXISTS (SELECT 1 FROM outages o WHERE o.provider = d.provider AND d.started_at BETWEEN o.opened_at AND o.closed_at)
           AND hash % 10 < 8 OR hash % 300 = 0 AS fails
  FROM (SELECT m.n * 15485863 % 1000003 AS hash,
               CASE WHEN m.n * 104729 % 10 < 6 THEN 'anthropic' WHEN m.n * 104729 % 10 < 9 THEN 'openai' ELSE 'google' END AS provider,
               CASE WHEN m.n % 10 < 7 THEN now - 31536000000 + m.n * (31536000000 / exchanges)
                    ELSE (SELECT o.opened_at FROM outages o WHERE o.n = 15 * (1 + m.n / 10 % 9))
                         - 21600000 + m.n * 7919 % 86400 * 1000
               END AS started_at
          FROM numbers m, wanted WHERE m.n <= exchanges) d;

-- A third is of eight pipelines. Of the failed ones: 0 to 5 a fallback answers, 6 and 7 are parked if they are of a pipeline.
INSERT INTO exchanges (id, started_at, client, session, dialect, route, model, streamed, rehearsal, pipeline, item,
                       primary_provider, primary_endpoint, primary_model, ended, detail, status, total_ms, ttft_ms, cost,
                       carried, restarts, shown_early, passed_over, request_id, parked)
SELECT n, started_at, iif(n % 3 = 0, 'n8n', 'Claude Code'), 's-' || (n / 20), iif(n % 3 = 0, 'openai-chat', 'anthropic'),
       iif(n % 3 = 0, 'leads', 'agents'), model, n % 2, 0,
       iif(n % 3 = 0, 'pipeline-' || (n / 3 % 8), NULL), iif(n % 3 = 0, 'item-' || (n / 6), NULL), provider, provider, model,
       iif(fails AND fate >= 6, 'exhausted', 'complete'), iif(fails AND fate >= 6, 'overloaded_error', NULL),
       iif(fails AND fate >= 6, 529, 200), total_ms, iif(fails AND fate >= 6, NULL, 200 + total_ms / 10),
       iif(fails AND fate >= 6, NULL, 1000 + n % 9000), fails AND fate < 6, 0, 0, NULL, 'v' || printf('%07x', n),
       iif(fails AND fate IN (6, 7) AND n % 3 = 0, printf('%016x', n), NULL)
  FROM drawn;
INSERT INTO attempts (exchange, number, provider, endpoint, model, started_ms, total_ms, ttft_ms, status, outcome,
                      provider_failed, detail, stop_reason, input_tokens, output_tokens, cache_read_tokens,
                      cache_write_tokens, cost, price_as_of, tokens_estimated, by_subscription, spoken, left_out)
SELECT n, 1, provider, provider, model, 3, total_ms / 2, iif(fails, NULL, 200 + total_ms / 10), iif(fails, 529, 200),
       iif(fails, 'failed', 'complete'), fails, iif(fails, 'overloaded_error', NULL), iif(fails, NULL, 'end_turn'), 1200, 300,
       6000, 10, iif(fails, 0, 1000 + n % 9000), '2026-06-01', n % 50 = 0, 0, NULL, NULL
  FROM drawn
UNION ALL
SELECT n, 2, provider, provider, model, total_ms / 4, total_ms / 4, NULL, 529, 'failed', 1, 'overloaded_error', NULL, 1200, 0, 0, 0,
       0, '2026-06-01', 0, 0, NULL, NULL
  FROM drawn WHERE fails
UNION ALL
SELECT n, 3, fallback, fallback, iif(fallback = 'openai', 'gpt-6-sol', 'claude-sonnet-4-5'), total_ms / 2, total_ms / 2, 200, 200,
       'complete', 0, NULL, 'end_turn', 1200, 300, 0, 0, 2000, '2026-06-01', 0, 0, 'openai-chat', NULL
  FROM drawn WHERE fails AND fate < 6;

-- The items of the last fortnight wait.
INSERT INTO review_items (id, state, first_at, last_at, failures, client, session, dialect, route, model, streamed, pipeline, item,
                          why, status, headers, size, body, closed_at)
SELECT printf('%016x', n), iif(started_at > now - 1209600000, 'open', 'answered'), started_at, started_at, 1, 'n8n', NULL,
       'openai-chat', 'leads', model, 0, 'pipeline-' || (n / 3 % 8), 'item-' || (n / 6), 'No provider could answer.', 529, '', 2000,
       zeroblob(2000), iif(started_at > now - 1209600000, NULL, started_at + 600000)
  FROM drawn, wanted WHERE fails AND fate IN (6, 7) AND n % 3 = 0;
INSERT INTO effects (scope, request, name, key, pipeline, item, after, at, state, attempts, first_sent_at, content_type, size, body,
                     status, headers, response, ended_at)
SELECT CAST(printf('%032x', n) AS BLOB), CAST(printf('%032x', n) AS BLOB), 'invoice', 'order-' || n, 'pipeline-0', 'item-' || (n / 6), 'v' || printf('%07x', n),
       started_at, 'done', 1, started_at, 'application/json', 200, zeroblob(200), 201, '', zeroblob(300), started_at + 400
  FROM drawn WHERE n % 24 = 0 AND NOT fails;

INSERT INTO incidents (id, provider, opened_at, closed_at, level, peak, past, page_id, title, url, blame, evidence)
SELECT n, provider, opened_at, closed_at, 'operational', iif(n % 2, 'major_outage', 'partial_outage'), 0, 'page-' || n,
       'Elevated errors', NULL, 'them', 'It is them.'
  FROM outages;
INSERT INTO timeline (incident, at, level, said, source)
SELECT i.id, i.opened_at + (i.closed_at - i.opened_at) * step.n / 8, CASE step.n WHEN 1 THEN i.peak WHEN 8 THEN i.level END,
       'An entry of the incident.', iif(step.n % 2, 'understudy', 'status_page')
  FROM incidents i, numbers step WHERE step.n <= 8;
INSERT INTO notices (at, kind, thread, title, body, urgency, incident, outcome)
SELECT opened_at, 'outage', provider, provider || ' is down', 'It is them.', 'critical', id, 'shown' FROM incidents
UNION ALL
SELECT closed_at, 'recovery', provider, provider || ' is back', 'It was them.', 'normal', id, 'shown' FROM incidents;

-- Ten surfaces of the pages, each read every two minutes: all readings of a day, then one for each ten minutes, for 30 days.
INSERT INTO observations (at, source, provider, subject, said, readings)
SELECT now - read.n * 120000, 'page', iif(part.n % 2, 'anthropic', 'openai'), 'surface-' || part.n, 'operational', 1
  FROM numbers read, numbers part, wanted WHERE read.n <= 720 AND part.n <= 10
UNION ALL
SELECT now - 86400000 - read.n * 600000, 'page', iif(part.n % 2, 'anthropic', 'openai'), 'surface-' || part.n,
       iif((read.n * 31 + part.n) % 200 = 0, 'partial_outage', 'operational'), 5
  FROM numbers read, numbers part, wanted WHERE read.n <= 4176 AND part.n <= 10;
-- Two models, each every five minutes.
INSERT INTO probes (at, provider, endpoint, model, outcome, ttft_ms, total_ms, input_tokens, output_tokens,
                    cache_read_tokens, cache_write_tokens, cost, price_as_of)
SELECT now - n * 149500, iif(n % 2, 'anthropic', 'openai'), iif(n % 2, 'anthropic', 'openai'),
       iif(n % 2, 'claude-haiku-4-5', 'gpt-6-luna'), iif(n % 40 = 0, 'silent', 'complete'), 200, 400 + n % 900, 5, 1, 0, 0, 40,
       '2026-06-01'
  FROM numbers, wanted WHERE n <= 210900;
INSERT INTO interruptions (client, session, model, provider, first_at, last_at, times, ended)
SELECT 'Claude Code', session, model, primary_provider, min(started_at), max(started_at), count(*), 'exhausted'
  FROM exchanges WHERE ended = 'exhausted' AND pipeline IS NULL GROUP BY session, model, primary_provider;
INSERT INTO delivered_calls (interruption, number, call, name) SELECT id, 1, 'toolu_' || id, 'Bash' FROM interruptions;
DROP TABLE drawn;
DROP TABLE outages;
DROP TABLE numbers;
