BEGIN TRANSACTION;
CREATE TABLE aliases (alias TEXT NOT NULL, mbid TEXT NOT NULL, PRIMARY KEY (alias));
CREATE TABLE answers (
	endpoint TEXT NOT NULL, 
	question TEXT NOT NULL, 
	body TEXT, 
	fetched_at INTEGER NOT NULL, 
	PRIMARY KEY (endpoint, question)
);
INSERT INTO "answers" VALUES('lookup','["Björk"]','{"a":1}',1795524502);
INSERT INTO "answers" VALUES('lookup','["No"]',NULL,1795524502);
CREATE TABLE artifacts (
	version TEXT NOT NULL, 
	file TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	PRIMARY KEY (version, file)
);
INSERT INTO "artifacts" VALUES('2026-01-01T00-00-00-aaaa','manifest.json','0000000000000000000000000000000000000000000000000000000000000000');
CREATE TABLE catalogues (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	licence TEXT NOT NULL, 
	invented BOOLEAN NOT NULL, 
	n_tracks INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	created_at INTEGER NOT NULL, 
	kind TEXT DEFAULT 'tracks' NOT NULL, 
	owner TEXT DEFAULT '' NOT NULL, 
	n_listeners INTEGER DEFAULT 0 NOT NULL, 
	updated_at INTEGER DEFAULT 0 NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	UNIQUE (digest)
);
INSERT INTO "catalogues" VALUES(1,'songs','songs.csv','',0,1,'13e6707a589ffabd720e3ef57b9e40e9a4d5cd97ef1ec89c4e11d67e1eafa070',1795646501,'tracks','',0,0);
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
INSERT INTO "exclusions" VALUES(1,'p',NULL,1795646502,'artist','Ada',-1,-1);
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
CREATE TABLE fingerprints (
	profile TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	used_at INTEGER NOT NULL, 
	PRIMARY KEY (profile, fingerprint)
);
INSERT INTO "fingerprints" VALUES('p','6b8c09210d4b49ee6b89c836964e7eeb545fe25fd296cfcecde5389d681d8baf',1795646502013923424);
INSERT INTO "fingerprints" VALUES('p','26e28fe78232826d7d6182d8934739b28865b7ca93f0fcbaec11ed3b1e676753',1795646502013923424);
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
INSERT INTO "import_files" VALUES(1,1,'Streaming_History_Audio_2024.json','84d01d3ddc5b2ec4012ecc2132c5cb9f9ac38e6f0ac6fe667ace0fc78e8eb6ef','spotify_extended','plays',0,NULL,2,2,0,0,0,0);
INSERT INTO "import_files" VALUES(2,1,'songs.csv','13e6707a589ffabd720e3ef57b9e40e9a4d5cd97ef1ec89c4e11d67e1eafa070','track_table','catalogue',0,'13e6707a589ffabd720e3ef57b9e40e9a4d5cd97ef1ec89c4e11d67e1eafa070',1,1,0,0,0,0);
CREATE TABLE imports (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	profile TEXT NOT NULL, 
	state TEXT NOT NULL, 
	include_private BOOLEAN NOT NULL, 
	created_at INTEGER NOT NULL, 
	seconds FLOAT NOT NULL
);
INSERT INTO "imports" VALUES(1,'p','visible',0,1795646501,9.66361370000186070683e-02);
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
CREATE TABLE measures (mbid TEXT NOT NULL, feature TEXT NOT NULL, source TEXT NOT NULL, value FLOAT, word TEXT NOT NULL, n INTEGER NOT NULL, spread FLOAT NOT NULL, dated TEXT NOT NULL, noted_at INTEGER NOT NULL, PRIMARY KEY (mbid, feature, source));
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
INSERT INTO "plays" VALUES(2,1,1,0,1704218200,200000,0,1,1,0,NULL,0,0);
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
INSERT INTO "profile_versions" VALUES('p','2026-01-01T00-00-00-aaaa');
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
INSERT INTO "profiles" VALUES('p','',0,1795646501,'2026-01-01T00-00-00-aaaa',NULL,'{"open_data": ["artists", "tags"]}');
CREATE TABLE read_dumps (profile TEXT NOT NULL, file TEXT NOT NULL, state TEXT NOT NULL, read_at INTEGER NOT NULL, PRIMARY KEY (profile, file));
CREATE TABLE recordings (profile TEXT NOT NULL, track_id TEXT NOT NULL, mbid TEXT NOT NULL, noted_at INTEGER NOT NULL, PRIMARY KEY (profile, track_id));
INSERT INTO "recordings" VALUES('p','0000000000000000000000','m',1795708576);
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
INSERT INTO "tracks" VALUES(1,1,0,'0000000000000000000000','Jóga','Björk','Album','','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "tracks" VALUES(2,1,1,'0000000000000000000001','Pluto','Björk','Album','','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE words (
	code INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (code), 
	UNIQUE (text)
);
INSERT INTO "words" VALUES(1,'trackdone');
CREATE INDEX ix_imports_profile ON imports (profile);
CREATE INDEX answers_by_age ON answers (fetched_at);
CREATE INDEX import_files_by_import ON import_files (import_id);
CREATE INDEX ix_import_files_digest ON import_files (digest);
CREATE INDEX problems_by_import ON problems (import_id);
CREATE INDEX tracks_by_import ON tracks (import_id);
CREATE INDEX plays_by_import ON plays (import_id);
CREATE INDEX playlist_items_by_import ON playlist_items (import_id);
CREATE INDEX exclusions_by_import ON exclusions (import_id);
CREATE INDEX match_decisions_by_import ON match_decisions (import_id);
CREATE INDEX feedback_by_import ON feedback (import_id);
CREATE INDEX recordings_by_mbid ON recordings (mbid);
CREATE INDEX aliases_by_mbid ON aliases (mbid);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('imports',1);
COMMIT;
PRAGMA user_version = 4;
