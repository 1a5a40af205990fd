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
CREATE TABLE fingerprints (
	profile TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	used_at INTEGER NOT NULL, 
	PRIMARY KEY (profile, fingerprint)
);
INSERT INTO "fingerprints" VALUES('p','6984f8fdaa6522e5fbf16e8449ad282c27b37f80d3ee8d2f4a865e9aa4a4f299',1795502021320206617);
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
INSERT INTO "import_files" VALUES(1,1,'v1.csv','06467567841ee102948bc6a2beeb39d80c740d5c5e8eb51805cbb0f74a2e6da5','listeners','plays',0,NULL,1,1,0,0,0,0);
INSERT INTO "import_files" VALUES(2,1,'v1.json','a2ed0fdef7494abd08d2c5e7b88bc8b9b95770def9da465492c04d47ce89229f','spotify_extended','plays',0,NULL,1,1,0,0,0,0);
CREATE TABLE imports (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	profile TEXT NOT NULL, 
	state TEXT NOT NULL, 
	include_private BOOLEAN NOT NULL, 
	created_at INTEGER NOT NULL, 
	seconds FLOAT NOT NULL
);
INSERT INTO "imports" VALUES(1,'p','visible',0,1795502021,6.38321739997991244308e-02);
CREATE TABLE listeners (
	import_id INTEGER NOT NULL, 
	code INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (import_id, code), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
INSERT INTO "listeners" VALUES(1,1,'ann');
INSERT INTO "listeners" VALUES(1,0,'');
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
	PRIMARY KEY (id), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
INSERT INTO "plays" VALUES(1,1,0,1,1577836800,200000,0,0,0,-1,NULL);
INSERT INTO "plays" VALUES(2,1,0,0,1672567000,200000,0,1,2,0,NULL);
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
INSERT INTO "profiles" VALUES('p','',0,1795502021,NULL,NULL,'{}');
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
INSERT INTO "tracks" VALUES(1,1,0,'7ATyvp3TmYBmGW7YuC8DJ3','','','','','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "tracks" VALUES(2,1,0,'7ATyvp3TmYBmGW7YuC8DJ3','Jóga','Björk','Homogenic','','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE words (
	code INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (code), 
	UNIQUE (text)
);
INSERT INTO "words" VALUES(1,'clickrow');
INSERT INTO "words" VALUES(2,'trackdone');
CREATE INDEX ix_imports_profile ON imports (profile);
CREATE INDEX import_files_by_import ON import_files (import_id);
CREATE INDEX ix_import_files_digest ON import_files (digest);
CREATE INDEX problems_by_import ON problems (import_id);
CREATE INDEX tracks_by_import ON tracks (import_id);
CREATE INDEX plays_by_import ON plays (import_id);
CREATE INDEX playlist_items_by_import ON playlist_items (import_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('imports',1);
COMMIT;
PRAGMA user_version = 1;
