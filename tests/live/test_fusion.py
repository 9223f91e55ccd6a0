import numpy as np
import pytest

from mien.errors import InputError, ShapeError, UnknownNameError
from mien.faces import Faces
from mien.live.fusion import Fusion
from mien.live.fusion_config import FusionConfig
from mien.live.hysteresis import Hold
from mien.live.track import Track, TrackState
from mien.vocabulary import EMOTIONS, RACES

BOX = np.array([10.0, 20.0, 50.0, 70.0], np.float32)
KEYPOINTS = np.array([[20, 35], [40, 35], [30, 45], [22, 58], [38, 58]], np.float32)
NO_HOLD = Hold(margin=0.0, seconds=0.0)
AT_ONCE = FusionConfig(gender_hold=NO_HOLD, race_hold=NO_HOLD, emotion_hold=NO_HOLD, age_group_hold=NO_HOLD)


def spot(track_id, box=BOX):
    return Track(
        track_id=track_id,
        state=TrackState.CONFIRMED,
        box=box,
        keypoints=KEYPOINTS,
        score=0.9,
        detection=0,
        first_s=0.0,
        last_s=0.0,
        hits=3,
    )


def seen(count=1, **columns):
    boxes = np.tile(BOX, (count, 1))
    return Faces(boxes=boxes, scores=np.full(count, 0.9), **columns)


def one_hot(labels, label, p=0.9):
    row = np.full(len(labels), (1 - p) / (len(labels) - 1))
    row[labels.index(label)] = p
    return row


def placed(*track_ids, config=None, time_s=0.0):
    fusion = Fusion(config)
    fusion.place([spot(track_id) for track_id in track_ids], time_s)
    return fusion


def test_a_placed_track_has_its_place_and_nothing_else():
    faces = placed(3).faces([3], 0.0)
    assert faces.track_id.tolist() == [3]
    assert faces.boxes[0] == pytest.approx(BOX)
    assert faces.keypoints[0] == pytest.approx(KEYPOINTS, abs=1e-4)
    assert faces.scores == pytest.approx([0.9])
    missing = ("age", "age_interval", "gender", "race", "emotion", "quality", "pose", "landmarks", "embedding")
    assert [getattr(faces, name) for name in missing] == [None] * len(missing)
    assert faces.age_coverage is None
    assert faces.unsure == {}


def test_one_look_is_shown_as_it_is():
    pose, embedding = np.array([[10.0, -5.0, 2.0]]), np.array([[0.6, 0.8]])
    landmarks = np.random.default_rng(0).uniform(10, 70, (1, 478, 3))
    fusion = placed(1)
    observed = seen(
        quality=[1.0],
        quality_reasons=((),),
        age=[33.0],
        age_interval=[[28.0, 40.0]],
        age_coverage=0.8,
        gender=[[0.8, 0.2]],
        race=[one_hot(RACES, "indian")],
        emotion=[one_hot(EMOTIONS, "happy")],
        pose=pose,
        landmarks=landmarks,
        embedding=embedding,
    )
    fusion.add([1], observed, 0.0)
    face = fusion.faces([1], 0.0)[0]
    assert face.age == pytest.approx(33)
    assert face.age_interval == pytest.approx((28, 40))
    assert face.gender.probabilities == pytest.approx({"female": 0.8, "male": 0.2})
    assert (face.race.label, face.race.confidence) == ("indian", pytest.approx(0.9))
    assert (face.emotion.label, face.emotion.confidence) == ("happy", pytest.approx(0.9))
    assert face.pose == pytest.approx(pose[0])
    assert face.landmarks == pytest.approx(landmarks[0], abs=1e-3)
    assert face.embedding == pytest.approx(embedding[0])
    assert (face.quality, face.quality_reasons) == (1.0, ())
    assert fusion.faces([1], 0.0).age_coverage == 0.8


def test_columns_may_come_one_by_one_and_count_by_the_quality_that_came_before():
    whole, parts = placed(1), placed(1)
    for fusion in (whole, parts):
        fusion.add([1], seen(quality=[1.0], gender=[[0.9, 0.1]]), 0.0)
    whole.add([1], seen(quality=[0.2], quality_reasons=(("small",),), gender=[[0.3, 0.7]]), 0.1)
    parts.add([1], seen(quality=[0.2], quality_reasons=(("small",),)), 0.1)
    parts.add([1], seen(gender=[[0.3, 0.7]]), 0.1)
    assert parts.faces([1], 0.1).gender == pytest.approx(whole.faces([1], 0.1).gender)
    assert parts.faces([1], 0.1)[0].quality_reasons == ("small",)
    assert parts.faces([1], 0.1)[0].quality == pytest.approx(0.2)


def test_good_frames_weigh_more_than_poor_ones():
    fusion = placed(1)
    for quality, gender in ((1.0, [0.85, 0.15]), (0.0, [0.15, 0.85])):
        fusion.add([1], seen(quality=[quality], gender=[gender]), 0.0)
    assert fusion.faces([1], 0.0)[0].gender.label == "female"
    assert fusion.faces([1], 0.0)[0].gender.confidence > 0.6


def test_a_face_of_no_quality_is_told_all_the_same_but_with_less_certainty():
    good, poor = placed(1), placed(1)
    good.add([1], seen(quality=[1.0], gender=[[0.9, 0.1]], age=[30.0], age_interval=[[25.0, 35.0]]), 0.0)
    poor.add([1], seen(quality=[0.0], gender=[[0.9, 0.1]], age=[30.0], age_interval=[[25.0, 35.0]]), 0.0)
    one, other = good.faces([1], 0.0)[0], poor.faces([1], 0.0)[0]
    assert 0.5 < other.gender.confidence < one.gender.confidence
    assert other.age == pytest.approx(one.age)
    assert other.age_interval[0] < one.age_interval[0] < one.age_interval[1] < other.age_interval[1]


def test_rows_go_to_their_tracks():
    fusion = placed(5, 2)
    fusion.add([2, 5], seen(2, age=[20.0, 60.0], gender=[[0.9, 0.1], [0.2, 0.8]]), 0.0)
    faces = fusion.faces([5, 2], 0.0)
    assert faces.track_id.tolist() == [5, 2]
    assert faces.age == pytest.approx([60, 20])
    assert [face.gender.label for face in faces] == ["male", "female"]


def test_a_column_is_there_where_it_is_known_of_everybody_asked_for():
    fusion = placed(1, 2)
    fusion.add([1], seen(age=[20.0]), 0.0)
    assert fusion.faces([1, 2], 0.0).age is None
    assert fusion.faces([1], 0.0).age == pytest.approx([20])
    assert fusion.faces([2], 0.0).age is None


def test_nobody_asked_for():
    faces = placed(1).faces([], 0.0)
    assert len(faces) == 0
    assert faces.track_id.tolist() == []


def test_labels_are_held_and_the_probabilities_say_so():
    config = FusionConfig(gender_correlation=0.0, gender_hold=Hold(margin=0.1, seconds=1.0))
    fusion = placed(1, config=config)
    fusion.add([1], seen(gender=[[0.7, 0.3]]), 0.0)
    fusion.add([1], seen(gender=[[0.1, 0.9]]), 0.1)
    held = fusion.faces([1], 0.1)[0].gender
    assert held.label == "female"
    assert held.confidence == pytest.approx(0.5005)
    fusion.add([1], seen(gender=[[0.1, 0.9]]), 1.2)
    assert fusion.faces([1], 1.2)[0].gender.label == "male"
    assert fusion.faces([1], 1.2)[0].gender.confidence > 0.9


def test_age_groups_are_held_and_the_interval_holds_the_shown_age():
    fusion = placed(1, config=FusionConfig(age_group_hold=Hold(margin=1.0, seconds=1.0)))
    fusion.add([1], seen(age=[39.0], age_interval=[[38.0, 41.0]], age_coverage=0.8), 0.0)
    for step in range(8):
        fusion.add([1], seen(age=[43.0], age_interval=[[42.0, 45.0]], age_coverage=0.8), 0.1 + step / 10)
    face = fusion.faces([1], 1.0)[0]
    assert face.age_group == "young adult"
    assert face.age == pytest.approx(39.9)
    assert face.age_interval[0] <= face.age <= face.age_interval[1]
    fusion.add([1], seen(age=[43.0], age_interval=[[42.0, 45.0]], age_coverage=0.8), 1.3)
    assert fusion.faces([1], 1.3)[0].age_group == "middle-aged"


@pytest.mark.parametrize(
    ("flags", "unsure"),
    [
        pytest.param([[True], [True]], True, id="all frames flagged"),
        pytest.param([[False], [False]], False, id="no frame flagged"),
        pytest.param([None, None], None, id="nobody said so or otherwise"),
    ],
)
def test_unsure_follows_the_frames_flags(flags, unsure):
    fusion = placed(1)
    for index, flag in enumerate(flags):
        observed = seen(gender=[[0.7, 0.3]], unsure={} if flag is None else {"gender": flag})
        fusion.add([1], observed, index / 10)
    faces = fusion.faces([1], 0.1)
    assert faces.unsure.get("gender", [None])[0] == unsure
    assert faces[0].gender.label == ("unsure" if unsure else "female")


def test_doubtful_frames_that_agree_become_sure():
    fusion = placed(1, config=FusionConfig(gender_correlation=0.3))
    for index in range(20):
        p = 0.66 if index % 2 else 0.72
        fusion.add([1], seen(gender=[[p, 1 - p]], unsure={"gender": [p < 0.7]}), index / 10)
    assert fusion.faces([1], 2.0)[0].gender.label == "female"


def test_a_limit_decides_where_it_is_given():
    fusion = placed(1, 2, config=FusionConfig(unsure_below={"gender": 0.6}, unsure_wider_years=12.0))
    observed = seen(2, gender=[[0.55, 0.45], [0.65, 0.35]], age=[30.0, 30.0], age_interval=[[20.0, 40.0], [25.0, 35.0]])
    fusion.add([1, 2], observed, 0.0)
    assert fusion.faces([1, 2], 0.0).unsure["gender"].tolist() == [True, False]
    assert fusion.faces([1, 2], 0.0).unsure["age"].tolist() == [True, False]


def test_what_is_unsure_for_a_moment_keeps_its_label():
    config = FusionConfig(unsure_below={"emotion": 0.6}, unsure_wider_years=12.0, emotion_s=0.01, memory_s=0.01)
    fusion, told = placed(1, config=config), []
    for index, is_sure in enumerate([True, False, True, False, False, False, False, False]):
        observed = seen(
            emotion=[one_hot(EMOTIONS, "happy", 0.9 if is_sure else 0.5)],
            age=[30.0],
            age_interval=[[26, 34] if is_sure else [20, 40]],
            age_coverage=0.8,
            unsure={"emotion": [not is_sure], "age": [not is_sure]},
        )
        fusion.add([1], observed, index / 4)
        person = fusion.faces([1], index / 4)
        told.append((person[0].emotion.label, bool(person.unsure["age"][0])))
    happy, unsure = ("happy", False), ("unsure", False)
    assert told == [happy] * 5 + [unsure] * 2 + [("unsure", True)]  # held for 0.3 s and 1 s


def test_limits_of_cards_fill_what_is_not_given():
    cards = {"age": 24.0, "gender": 0.75, "race": 0.5, "emotion": 0.6}
    config = FusionConfig().limited_by(cards)
    assert config.unsure_below == {"gender": 0.75, "race": 0.5, "emotion": 0.6}
    assert config.unsure_wider_years == 24.0
    given = FusionConfig(unsure_below={"race": 0.9}, unsure_wider_years=10.0).limited_by(cards)
    assert given.unsure_below == {"gender": 0.75, "race": 0.9, "emotion": 0.6}
    assert given.unsure_wider_years == 10.0
    assert FusionConfig().limited_by({}) == FusionConfig()


def test_a_face_that_is_flagged_in_every_frame_for_its_picture_stays_unsure():
    fusion = placed(1, config=FusionConfig(unsure_below={"gender": 0.6}))
    for index in range(20):
        fusion.add([1], seen(quality=[0.05], gender=[[0.99, 0.01]], unsure={"gender": [True]}), index / 10)
    assert fusion.faces([1], 2.0)[0].gender.label == "unsure"


def test_flags_of_the_moment_are_those_of_the_last_frame():
    fusion = placed(1)
    fusion.add([1], seen(pose=[[80.0, 0, 0]], unsure={"pose": [True]}), 0.0)
    assert fusion.faces([1], 0.0).unsure["pose"].tolist() == [True]
    fusion.add([1], seen(pose=[[20.0, 0, 0]], unsure={"pose": [False]}), 0.1)
    assert fusion.faces([1], 0.1).unsure["pose"].tolist() == [False]


def test_an_expression_read_long_ago_is_unsure():
    fusion = placed(1, 2)
    fusion.add([1, 2], seen(2, emotion=[one_hot(EMOTIONS, "happy")] * 2), 0.0)
    fusion.add([2], seen(emotion=[one_hot(EMOTIONS, "happy")]), 4.0)
    assert fusion.faces([1, 2], 2.0).unsure == {}
    assert fusion.faces([1, 2], 5.0).unsure["emotion"].tolist() == [True, False]


def test_the_expression_now_and_the_shares_of_time():
    fusion = placed(1, config=AT_ONCE)
    assert fusion.emotion_shares(1) is None
    for step in range(31):
        label = "happy" if step < 20 else "sad"
        fusion.add([1], seen(emotion=[one_hot(EMOTIONS, label, 1.0)]), step / 10)
    shares = dict(zip(EMOTIONS, fusion.emotion_shares(1).tolist(), strict=True))
    assert shares["happy"] == pytest.approx(1.95 / 3, abs=1e-6)
    assert shares["sad"] == pytest.approx(1.05 / 3, abs=1e-6)
    assert sum(shares.values()) == pytest.approx(1)
    assert fusion.faces([1], 3.0)[0].emotion.label == "sad"


def test_last_read_and_certainty():
    fusion = placed(1)
    assert fusion.last_s(1, "age") is None
    assert fusion.last_s(9, "age") is None
    assert fusion.certainty(1, "age") == fusion.certainty(9, "gender") == fusion.certainty(1, "pose") == 0
    fusion.add([1], seen(age=[30.0], gender=[[0.9, 0.1]], race=[one_hot(RACES, "white", 0.3)]), 4.0)
    assert fusion.last_s(1, "age") == 4.0
    assert fusion.last_s(1, "emotion") is None
    assert fusion.certainty(1, "age") == pytest.approx(0.5)
    assert fusion.certainty(1, "gender") == pytest.approx(0.5 * (1 + 0.8) / 2)
    assert fusion.certainty(1, "race") < fusion.certainty(1, "gender")
    before = fusion.certainty(1, "gender")
    for step in range(1, 10):
        fusion.add([1], seen(gender=[[0.9, 0.1]], pose=[[0.0, 0, 0]]), 4.0 + step / 10)
    assert before < fusion.certainty(1, "gender") < 1
    assert fusion.certainty(1, "pose") == 1


def test_renaming_to_a_new_id_moves_everything():
    fusion = placed(4)
    fusion.add([4], seen(age=[50.0]), 0.0)
    fusion.rename(4, 9)
    assert fusion.faces([9], 0.0).age == pytest.approx([50])
    with pytest.raises(InputError, match="track 4 was never placed"):
        fusion.faces([4], 0.0)


def test_renaming_to_somebody_come_back_brings_both_together():
    fusion = placed(1, config=AT_ONCE)
    for step in range(4):
        observed = seen(gender=[[0.8, 0.2]], age=[30.0], emotion=[one_hot(EMOTIONS, "sad", 1.0)], pose=[[5.0, 0, 0]])
        fusion.add([1], observed, step / 10)
    there = np.array([200.0, 20.0, 240.0, 70.0], np.float32)
    fusion.place([spot(2, box=there)], 10.0)
    fusion.add([2], seen(gender=[[0.4, 0.6]], age=[32.0], emotion=[one_hot(EMOTIONS, "happy", 1.0)]), 10.0)
    fusion.add([2], seen(emotion=[one_hot(EMOTIONS, "happy", 1.0)]), 10.3)
    fusion.rename(2, 1)
    assert len(fusion) == 1
    face = fusion.faces([1], 10.3)[0]
    assert face.box == pytest.approx(there)
    assert face.gender.label == "female"
    assert 30 < face.age < 31.5
    assert face.emotion.label == "happy"
    assert face.pose is None  # that of before is of another place
    assert fusion.last_s(1, "pose") is None
    assert fusion.last_s(1, "age") == 10.0
    shares = fusion.emotion_shares(1)
    assert shares[EMOTIONS.index("sad")] == pytest.approx(0.5, abs=1e-6)


def test_renaming_what_is_not_known_or_to_itself_changes_nothing():
    fusion = placed(1)
    fusion.add([1], seen(age=[50.0]), 0.0)
    fusion.rename(7, 1)
    fusion.rename(1, 1)
    assert fusion.faces([1], 0.0).age == pytest.approx([50])
    assert len(fusion) == 1


def test_a_dropped_track_is_forgotten():
    fusion = placed(1, 2)
    fusion.drop(1)
    fusion.drop(1)
    assert len(fusion) == 1
    with pytest.raises(InputError, match="track 1 was never placed, or was dropped"):
        fusion.faces([1], 0.0)
    fusion.place([spot(1)], 5.0)
    assert fusion.faces([1], 5.0).age is None


def test_wrong_use_is_refused():
    fusion = placed(1)
    with pytest.raises(ShapeError, match="2 track ids for 1 faces"):
        fusion.add([1, 2], seen(), 0.0)
    with pytest.raises(InputError, match="track 8"):
        fusion.add([8], seen(age=[1.0]), 0.0)
    with pytest.raises(UnknownNameError, match="did you mean age"):
        fusion.last_s(1, "agee")
    with pytest.raises(UnknownNameError, match="column"):
        fusion.certainty(1, "boxes")
    fusion.add([1], seen(age=[30.0], age_interval=[[20.0, 40.0]], age_coverage=0.8), 0.0)
    with pytest.raises(InputError, match=r"coverage 0.9 cannot be fused with those of 0.8"):
        fusion.add([1], seen(age=[30.0], age_interval=[[20.0, 40.0]], age_coverage=0.9), 0.0)
    with pytest.raises(InputError, match="backward"):
        fusion.place([spot(1)], -1.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"age_correlation": 1.0}, "age_correlation must be from 0 to below 1"),
        ({"emotion_s": 0.0}, "emotion_s must be above 0 seconds"),
        ({"least_weight": 0.0}, "least_weight must be above 0"),
        ({"unsure_wider_years": 0.0}, "unsure_wider_years must be above 0"),
        ({"unsure_below": {"gender": 1.2}}, "must be from 0 to 1"),
        ({"unsure_below": {"age": 0.5}}, "unknown attribute in unsure_below 'age'"),
    ],
)
def test_settings_must_make_sense(settings, message):
    with pytest.raises(InputError, match=message):
        FusionConfig(**settings)
