--
-- PostgreSQL database dump
--

\restrict abcdefghijklmnopqrstuvwxyz

-- Dumped from database version 15.20
-- Dumped by pg_dump version 15.20

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Data for Name: permission_policy; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.permission_policy (id, scope, resource, action, effect, creation_time) FROM stdin;
1	/project/2	repository	pull	allow	2024-01-01 00:00:00
2	/project/2	repository	push	allow	2024-01-01 00:00:00
3	/project/2	artifact	delete	allow	2024-01-01 00:00:00
4	/project/2	repository	delete	allow	2024-01-01 00:00:00
5	/project/3	repository	push	allow	2024-01-01 00:00:00
6	/project/*	repository	pull	allow	2024-01-01 00:00:00
7	/system	registry	read	allow	2024-01-01 00:00:00
8	/project/4	repository	pull	allow	2024-01-01 00:00:00
\.


--
-- Data for Name: project; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.project (project_id, owner_id, name, creation_time, update_time, deleted, registry_id) FROM stdin;
1	1	library	2024-01-01 00:00:00	2024-01-01 00:00:00	f	\N
2	1	acme	2024-01-01 00:00:00	2024-01-01 00:00:00	f	\N
3	1	lab	2024-01-01 00:00:00	2024-01-01 00:00:00	f	\N
4	1	old#4	2024-01-01 00:00:00	2024-01-01 00:00:00	t	\N
\.


--
-- Data for Name: robot; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.robot (id, name, description, project_id, expiresat, disabled, creation_time, update_time, visible, secret, salt, duration) FROM stdin;
1	acme+ci	Builds\tand\n"pushes", C:\\images	2	-1	f	2024-01-01 00:00:00	2024-01-01 00:00:00	t	3995ad0ef1928e8145b54633f32e26e8	salt01Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9a	-1
2	acme+reader	\N	2	1893456000	f	2024-01-01 00:00:00	2024-01-01 00:00:00	t	b1f6195497800d7a8a7a02008196ff41	salt02Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9a	-1
3	acme+cleaner		2	-1	t	2024-01-01 00:00:00	2024-01-01 00:00:00	t	6a6f7ea119fabc61f40fd6f8b82a913d	salt03Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9a	-1
4	lab+ci		3	-1	f	2024-01-01 00:00:00	2024-01-01 00:00:00	t	9cee1a9d0c245c060b81e6eac7bf5582	salt04Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9a	-1
5	everywhere		0	-1	f	2024-01-01 00:00:00	2024-01-01 00:00:00	t	1ff6ff04213d6d0c2bf497b87d1e4aca	salt05Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9a	-1
6	one-project		0	-1	f	2024-01-01 00:00:00	2024-01-01 00:00:00	t	bdd5daab8d609325d6993d41a3c85dc0	salt06Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9a	-1
7	acme+expired		2	1600000000	f	2024-01-01 00:00:00	2024-01-01 00:00:00	t	b93eb9ae2b9bf0f349fc0d262a05f258	salt07Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9a	-1
8	robot$legacy	From before 2.2	2	-1	f	2024-01-01 00:00:00	2024-01-01 00:00:00	t	\N	\N	-1
9	old+ci		4	-1	f	2024-01-01 00:00:00	2024-01-01 00:00:00	t	e9e5b874e16d5e230ac30dd1f3e390e4	salt09Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9a	-1
10	acme+x		2	-1	f	2024-01-01 00:00:00	2024-01-01 00:00:00	t	b3c5f9648c82338c68fa1b9223b0f6f6	salt10Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9a	-1
\.


--
-- Data for Name: role_permission; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.role_permission (id, role_type, role_id, permission_policy_id, creation_time) FROM stdin;
1	robotaccount	1	1	2024-01-01 00:00:00
2	robotaccount	1	2	2024-01-01 00:00:00
3	robotaccount	1	3	2024-01-01 00:00:00
4	robotaccount	2	1	2024-01-01 00:00:00
5	robotaccount	3	1	2024-01-01 00:00:00
6	robotaccount	3	4	2024-01-01 00:00:00
7	robotaccount	4	5	2024-01-01 00:00:00
8	robotaccount	5	6	2024-01-01 00:00:00
9	robotaccount	5	7	2024-01-01 00:00:00
10	robotaccount	6	1	2024-01-01 00:00:00
11	robotaccount	7	1	2024-01-01 00:00:00
12	robotaccount	9	8	2024-01-01 00:00:00
13	robotaccount	10	1	2024-01-01 00:00:00
14	project-role	1	1	2024-01-01 00:00:00
\.


--
-- Name: permission_policy_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.permission_policy_id_seq', 1, false);


--
-- Name: project_project_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.project_project_id_seq', 1, false);


--
-- Name: robot_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.robot_id_seq', 1, false);


--
-- Name: role_permission_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.role_permission_id_seq', 14, true);


--
-- PostgreSQL database dump complete
--

\unrestrict abcdefghijklmnopqrstuvwxyz

