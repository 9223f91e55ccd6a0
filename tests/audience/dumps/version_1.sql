BEGIN TRANSACTION;
CREATE TABLE mien_store (
	version INTEGER NOT NULL, 
	created_at DOUBLE NOT NULL
);
INSERT INTO "mien_store" VALUES(1,1780308000.0);
CREATE TABLE observed (
	session_id INTEGER NOT NULL, 
	minute INTEGER NOT NULL, 
	watched_s DOUBLE NOT NULL, 
	PRIMARY KEY (session_id, minute), 
	FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "observed" VALUES(1,29671800,20.0);
CREATE TABLE samples (
	session_id INTEGER NOT NULL, 
	track_id INTEGER NOT NULL, 
	second INTEGER NOT NULL, 
	seen_s DOUBLE NOT NULL, 
	attention_s DOUBLE, 
	yaw DOUBLE, 
	pitch DOUBLE, 
	roll DOUBLE, 
	emotion TEXT, 
	emotion_angry DOUBLE, 
	emotion_disgust DOUBLE, 
	emotion_fear DOUBLE, 
	emotion_happy DOUBLE, 
	emotion_sad DOUBLE, 
	emotion_surprise DOUBLE, 
	emotion_neutral DOUBLE, 
	PRIMARY KEY (session_id, track_id, second), 
	FOREIGN KEY(session_id, track_id) REFERENCES visits (session_id, track_id) ON DELETE CASCADE ON UPDATE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "samples" VALUES(1,1,1780308000,1.0,1.0,10.0,5.0,0.0,'happy',0.0,0.0,0.0,0.75,0.0,0.0,0.25);
INSERT INTO "samples" VALUES(1,1,1780308001,1.0,1.0,10.0,5.0,0.0,'happy',0.0,0.0,0.0,0.75,0.0,0.0,0.25);
INSERT INTO "samples" VALUES(1,1,1780308002,1.0,0.5,10.0,5.0,0.0,'happy',0.0,0.0,0.0,0.75,0.0,0.0,0.25);
INSERT INTO "samples" VALUES(1,1,1780308003,1.0,0.0,10.0,5.0,0.0,'happy',0.0,0.0,0.0,0.75,0.0,0.0,0.25);
INSERT INTO "samples" VALUES(1,1,1780308004,0.0,0.0,10.0,5.0,0.0,'happy',0.0,0.0,0.0,0.75,0.0,0.0,0.25);
INSERT INTO "samples" VALUES(1,2,1780308006,1.0,0.0,10.0,5.0,0.0,'happy',0.0,0.0,0.0,0.75,0.0,0.0,0.25);
INSERT INTO "samples" VALUES(1,2,1780308007,1.0,0.0,10.0,5.0,0.0,'happy',0.0,0.0,0.0,0.75,0.0,0.0,0.25);
INSERT INTO "samples" VALUES(1,2,1780308008,1.0,0.0,10.0,5.0,0.0,'happy',0.0,0.0,0.0,0.75,0.0,0.0,0.25);
INSERT INTO "samples" VALUES(1,2,1780308009,0.0,0.0,10.0,5.0,0.0,'happy',0.0,0.0,0.0,0.75,0.0,0.0,0.25);
INSERT INTO "samples" VALUES(1,3,1780308012,1.0,NULL,NULL,NULL,NULL,'happy',0.0,0.0,0.0,0.75,0.0,0.0,0.25);
INSERT INTO "samples" VALUES(1,3,1780308013,1.0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "samples" VALUES(1,3,1780308014,1.0,NULL,NULL,NULL,NULL,'happy',0.0,0.0,0.0,0.75,0.0,0.0,0.25);
INSERT INTO "samples" VALUES(1,3,1780308015,1.0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "samples" VALUES(1,3,1780308016,0.0,NULL,NULL,NULL,NULL,'happy',0.0,0.0,0.0,0.75,0.0,0.0,0.25);
CREATE TABLE sessions (
	session_id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	began_at DOUBLE NOT NULL, 
	last_at DOUBLE NOT NULL, 
	ended_at DOUBLE, 
	mien_version TEXT NOT NULL, 
	attributes TEXT NOT NULL, 
	networks TEXT NOT NULL, 
	return_s DOUBLE NOT NULL, 
	revisit_s DOUBLE, 
	thresholds TEXT, 
	clock_steps INTEGER NOT NULL, 
	lost_samples INTEGER NOT NULL, 
	PRIMARY KEY (session_id), 
	FOREIGN KEY(source_id) REFERENCES sources (source_id)
);
INSERT INTO "sessions" VALUES(1,1,1780308000.0,1780308020.0,1780308020.0,'0.1.0','age, gender, race, emotion, pose, quality','demographics 0.1.0, emotion 0.1.0',30.0,3600.0,'[{"similarity": 0.25, "fmr": 0.5}, {"similarity": 0.5, "fmr": 0.02}, {"similarity": 0.8, "fmr": 1e-05}]',0,0);
CREATE TABLE sources (
	source_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	is_live BOOLEAN NOT NULL, 
	PRIMARY KEY (source_id), 
	UNIQUE (name)
);
INSERT INTO "sources" VALUES(1,'door',0);
CREATE TABLE visits (
	session_id INTEGER NOT NULL, 
	track_id INTEGER NOT NULL, 
	began_at DOUBLE NOT NULL, 
	last_at DOUBLE NOT NULL, 
	ended BOOLEAN NOT NULL, 
	seen_s DOUBLE NOT NULL, 
	attention_s DOUBLE, 
	returns INTEGER NOT NULL, 
	settled BOOLEAN NOT NULL, 
	quality DOUBLE, 
	age DOUBLE, 
	age_low DOUBLE, 
	age_high DOUBLE, 
	age_group TEXT, 
	gender TEXT, 
	gender_female DOUBLE, 
	gender_male DOUBLE, 
	race TEXT, 
	race_white DOUBLE, 
	race_black DOUBLE, 
	race_latino_hispanic DOUBLE, 
	race_east_asian DOUBLE, 
	race_southeast_asian DOUBLE, 
	race_indian DOUBLE, 
	race_middle_eastern DOUBLE, 
	emotion_angry DOUBLE, 
	emotion_disgust DOUBLE, 
	emotion_fear DOUBLE, 
	emotion_happy DOUBLE, 
	emotion_sad DOUBLE, 
	emotion_surprise DOUBLE, 
	emotion_neutral DOUBLE, 
	visitor INTEGER, 
	compared INTEGER, 
	match_threshold DOUBLE, 
	best_similarity DOUBLE, 
	own_similarity DOUBLE, 
	other_similarity DOUBLE, 
	PRIMARY KEY (session_id, track_id), 
	FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);
INSERT INTO "visits" VALUES(1,1,1780308000.0,1780308004.0,1,4.0,2.5,0,1,0.8,34.0,28.0,41.0,'young adult','female',0.9,0.1,'white',0.4,0.1,0.1,0.1,0.1,0.1,0.1,0.0,0.0,0.0,0.75,0.0,0.0,0.25,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "visits" VALUES(1,2,1780308006.0,1780308009.0,1,3.0,0.0,0,1,0.8,34.0,28.0,41.0,'young adult','female',0.9,0.1,'white',0.4,0.1,0.1,0.1,0.1,0.1,0.1,0.0,0.0,0.0,0.75,0.0,0.0,0.25,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "visits" VALUES(1,3,1780308012.0,1780308016.0,1,4.0,NULL,0,1,0.8,34.0,28.0,41.0,'young adult','female',0.9,0.1,'white',0.4,0.1,0.1,0.1,0.1,0.1,0.1,0.0,0.0,0.0,0.75,0.0,0.0,0.25,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE INDEX ix_sessions_source_id ON sessions (source_id);
CREATE INDEX visits_began_at ON visits (began_at);
COMMIT;
