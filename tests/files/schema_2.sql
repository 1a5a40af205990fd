BEGIN TRANSACTION;
CREATE TABLE artifacts (
	version TEXT NOT NULL, 
	file TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	PRIMARY KEY (version, file)
);
CREATE TABLE catalogues (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	licence TEXT NOT NULL, 
	invented BOOLEAN NOT NULL, 
	n_tracks INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	created_at INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	UNIQUE (digest)
);
INSERT INTO "catalogues" VALUES(1,'songs','songs.csv','',0,2,'a7b35a76edb5f017b9b8aa502b2c3ee2b0a1f5c392a97ff825067a56e2c16ccf',1795524502);
CREATE TABLE exclusions (
	id INTEGER NOT NULL, 
	profile TEXT NOT NULL, 
	import_id INTEGER, 
	created_at INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	value TEXT NOT NULL, 
	since INTEGER NOT NULL, 
	until INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (profile, import_id, kind, value, since, until), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
INSERT INTO "exclusions" VALUES(1,'p',NULL,1795524502,'artist','Ada',-1,-1);
CREATE TABLE feedback (
	id INTEGER NOT NULL, 
	profile TEXT NOT NULL, 
	import_id INTEGER, 
	created_at INTEGER NOT NULL, 
	track_id TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	given_at INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (profile, import_id, track_id, verdict, given_at), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
INSERT INTO "feedback" VALUES(1,'p',NULL,1795524502,'a','liked',1700000000);
CREATE TABLE fingerprints (
	profile TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	used_at INTEGER NOT NULL, 
	PRIMARY KEY (profile, fingerprint)
);
INSERT INTO "fingerprints" VALUES('p','573dcec8316287913f53f599a05bb4bc9f4fd36edc279dcb92abe478dee818ef',1795524502129774529);
INSERT INTO "fingerprints" VALUES('p','fcdb4e0ec4fd545f99e2467fa3951ce695af03211b94c323a09cdfb4df6de7d7',1795524502129774529);
CREATE TABLE import_files (
	id INTEGER NOT NULL, 
	import_id INTEGER NOT NULL, 
	file TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	format TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	repeated BOOLEAN NOT NULL, 
	catalogue TEXT, 
	read INTEGER NOT NULL, 
	imported INTEGER NOT NULL, 
	duplicate INTEGER NOT NULL, 
	not_music INTEGER NOT NULL, 
	private INTEGER NOT NULL, 
	rejected INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
INSERT INTO "import_files" VALUES(1,1,'Streaming_History_Audio_2024.json','a83b6d89c4f7232fe23dad64e5056b8620e4fdf35d66b23aceae7a5394a664c1','spotify_extended','plays',0,NULL,2,2,0,0,0,0);
INSERT INTO "import_files" VALUES(2,1,'songs.csv','a7b35a76edb5f017b9b8aa502b2c3ee2b0a1f5c392a97ff825067a56e2c16ccf','track_table','catalogue',0,'a7b35a76edb5f017b9b8aa502b2c3ee2b0a1f5c392a97ff825067a56e2c16ccf',2,2,0,0,0,0);
CREATE TABLE imports (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	profile TEXT NOT NULL, 
	state TEXT NOT NULL, 
	include_private BOOLEAN NOT NULL, 
	created_at INTEGER NOT NULL, 
	seconds FLOAT NOT NULL
);
INSERT INTO "imports" VALUES(1,'p','visible',0,1795524502,5.62968699996417853981e-02);
CREATE TABLE listeners (
	import_id INTEGER NOT NULL, 
	code INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (import_id, code), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
INSERT INTO "listeners" VALUES(1,0,'');
CREATE TABLE mappings (
	header TEXT NOT NULL, 
	mapping TEXT NOT NULL, 
	PRIMARY KEY (header)
);
INSERT INTO "mappings" VALUES('["when", "what"]','{"kind": "plays", "columns": [["played_at", "when"], ["name", "what"]]}');
CREATE TABLE match_decisions (
	id INTEGER NOT NULL, 
	profile TEXT NOT NULL, 
	import_id INTEGER, 
	created_at INTEGER NOT NULL, 
	first TEXT NOT NULL, 
	second TEXT NOT NULL, 
	same BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (profile, import_id, first, second), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
INSERT INTO "match_decisions" VALUES(1,'p',NULL,1795524502,'a','b',1);
CREATE TABLE playlist_items (
	id INTEGER NOT NULL, 
	import_id INTEGER NOT NULL, 
	playlist INTEGER NOT NULL, 
	track INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	added_at INTEGER NOT NULL, 
	api_born INTEGER NOT NULL, 
	superseded_by INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
CREATE TABLE playlists (
	import_id INTEGER NOT NULL, 
	code INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (import_id, code), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
CREATE TABLE plays (
	id INTEGER NOT NULL, 
	import_id INTEGER NOT NULL, 
	track INTEGER NOT NULL, 
	listener INTEGER NOT NULL, 
	played_at INTEGER NOT NULL, 
	ms_played INTEGER NOT NULL, 
	skipped INTEGER NOT NULL, 
	reason_start INTEGER NOT NULL, 
	reason_end INTEGER NOT NULL, 
	shuffle INTEGER NOT NULL, 
	superseded_by INTEGER, 
	duplicate INTEGER DEFAULT 0 NOT NULL, 
	source INTEGER DEFAULT 0 NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
INSERT INTO "plays" VALUES(1,1,0,0,1704131800,200000,0,1,1,0,NULL,0,0);
INSERT INTO "plays" VALUES(2,1,1,0,1704132100,200000,0,1,1,0,NULL,0,0);
CREATE TABLE problems (
	id INTEGER NOT NULL, 
	import_id INTEGER NOT NULL, 
	file TEXT NOT NULL, 
	"where" TEXT NOT NULL, 
	why TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
CREATE TABLE profile_catalogues (
	profile TEXT NOT NULL, 
	catalogue INTEGER NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	PRIMARY KEY (profile, catalogue), 
	FOREIGN KEY(catalogue) REFERENCES catalogues (id) ON DELETE CASCADE
);
INSERT INTO "profile_catalogues" VALUES('p',1,1);
CREATE TABLE profile_versions (
	profile TEXT NOT NULL, 
	version TEXT NOT NULL, 
	PRIMARY KEY (profile, version)
);
CREATE TABLE profiles (
	name TEXT NOT NULL, 
	label TEXT NOT NULL, 
	invented BOOLEAN NOT NULL, 
	created_at INTEGER NOT NULL, 
	active_version TEXT, 
	train_on_api_rows BOOLEAN, 
	settings TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "profiles" VALUES('p','',0,1795524502,NULL,NULL,'{}');
CREATE TABLE tracks (
	id INTEGER NOT NULL, 
	import_id INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	track_id TEXT, 
	name TEXT, 
	artists TEXT, 
	album TEXT, 
	genres TEXT, 
	isrc TEXT, 
	year FLOAT, 
	duration_ms FLOAT, 
	popularity FLOAT, 
	explicit BOOLEAN, 
	danceability FLOAT, 
	energy FLOAT, 
	valence FLOAT, 
	acousticness FLOAT, 
	instrumentalness FLOAT, 
	liveness FLOAT, 
	speechiness FLOAT, 
	tempo FLOAT, 
	loudness FLOAT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
INSERT INTO "tracks" VALUES(1,1,0,'0000000000000000000001','Jóga','Björk','Album','','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "tracks" VALUES(2,1,1,'0000000000000000000002','Pluto','Björk','Album','','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE words (
	code INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (code), 
	UNIQUE (text)
);
INSERT INTO "words" VALUES(1,'trackdone');
CREATE INDEX ix_imports_profile ON imports (profile);
CREATE INDEX ix_import_files_digest ON import_files (digest);
CREATE INDEX import_files_by_import ON import_files (import_id);
CREATE INDEX problems_by_import ON problems (import_id);
CREATE INDEX tracks_by_import ON tracks (import_id);
CREATE INDEX plays_by_import ON plays (import_id);
CREATE INDEX playlist_items_by_import ON playlist_items (import_id);
CREATE INDEX exclusions_by_import ON exclusions (import_id);
CREATE INDEX match_decisions_by_import ON match_decisions (import_id);
CREATE INDEX feedback_by_import ON feedback (import_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('imports',1);
COMMIT;
PRAGMA user_version = 2;
