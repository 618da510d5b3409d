"""Attacks, written as an attacker would, and where each of them fails.

The texts, names, tokens and files that attackers send stand in `strings`, `names`, `tokens` and `polyglots`, by
family; the counts that were promised are asserted beside them.  `timing` is a report to run by hand.

Each attack is made through a host's app and its middleware, at Flask and at Django, both on SQLite; those on rows,
tokens, sessions and who may see what also at Django on PostgreSQL: see `tests.hosts`.

Links and sessions

- prefetch, unfurl, mail gateways: test_sessions; scanners, a robot that presses every button: test_scanners; in a real browser: test_robots
- token in Referer, logs, error pages, bodies: test_sessions
- malleated, cut, forged tokens, tokens of another purpose, key or portal: test_tokens
- half-checked links, doubled parameters, scopes, side doors, other accounts: test_matrix
- timing or wording that tells unknown from forbidden: test_timing, test_matrix
- swapped, planted, doubled cookies, fixation, cookies of links that ended: test_sessions
- cached private pages: test_headers, ../web/test_web_caches; revocation that lags: ../web/test_web_caches
- poisoned Host: test_sessions, ../web/test_web_forms, ../flask/test_mount
- open redirects: test_sessions, ../web/test_web_entering

Decisions

- CSRF in every shape: test_csrf, and each form on its own in ../web/test_web_forms
- file swapped between view and click, two tabs, double click: ../web/test_web_deciding, ../faults/test_race
- edited digest, person, outcome, unknown fields: test_decisions, ../web/test_web_deciding
- a leaked key, replays, overlong and hiding comments, staff as the client: test_decisions
- requests cut on the way: test_cut_bodies
- rows edited, deleted, swapped, appended, cut, forked, restored, ambiguous JSON: test_rows, ../core/test_chain, ../core/test_canonical

Files

- html, svg, xml and polyglots: test_polyglots; in a real browser: test_browser
- header injection, traversal, devices, bidi, long names: test_names; through raw multipart: test_uploads
- swapped, flipped, cut and grown blobs: test_bytes
- absurd ranges, If-Range: ../web/test_web_downloads; 100,000 parts, giant fields: ../web/test_web_by_flask, ../flask/test_forms
- disk full: ../faults/test_disk

Text

- XSS in every field, `javascript:` in any spelling, remote images: test_text; in a real browser: test_browser
- header injection by any part of a request: test_sessions; the header table: test_headers
- stack traces and causes in errors: ../web/test_web_errors; weak and sample keys: ../core/test_links

Mail

- reports of mails that came back, nested, endless and broken: ../core/test_bounces
- reports of what was never sent, of another project, of people who were forgotten: ../core/test_bouncing

What is not protected is said too, in test_scanners: who chooses, ticks, types a name and confirms is taken for the person.
"""
